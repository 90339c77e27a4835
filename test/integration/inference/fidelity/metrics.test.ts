import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { type ComparableAnswer, comparable } from './comparison.ts';
import { exchange, request, type WireRequest } from './exchange.ts';
import { type MetricsDocument, parseMetrics } from './prometheus-text.ts';
import { AT_IMPORT_FILES, MEASURED_FILES, PLAIN_AGAIN, TRIED } from './repositories/measured-models.ts';
import {
  askShared,
  infer,
  loadShared,
  type SharedRepository,
  startOnSharedRepository,
} from './shared-repository.ts';

if (!realTriton) skipLoudly("the comparison of metrics with the real Triton's");

const LIMIT = { timeout: 60_000, interval: 100 };

/** Their values differ from run to run; what is compared is that they are there, and whether they have moved. */
const TIMES = /^nv_\w+_(?:us|us_sum|duration_per_model)\b|_sum\{.*model=|quantile=|^nv_cpu_/;

const say = (model: string, ...values: number[]) =>
  infer(model, { inputs: [{ name: 'X', shape: [values.length, 1], datatype: 'FP32', data: values }] });

const inSequence = (id: number, start: boolean, end: boolean) =>
  infer('sequence', {
    parameters: { sequence_id: id, sequence_start: start, sequence_end: end },
    inputs: [{ name: 'X', shape: [1, 1], datatype: 'FP32', data: [9] }],
  });

/** One after the other, so that both servers count the same. */
const TRAFFIC: readonly WireRequest[] = [
  say('plain', 9),
  say('plain', 9, 9, 9),
  say('plain', -1),
  say('plain', -2),
  say('plain', 0.5),
  say('cached', 9),
  say('cached', 9, 9),
  say('tagged', 9),
  say('tagged', -1),
  say('ensemble', 9, 9),
  say('ensemble', -1),
  say('ensemble', -2),
  say('queued', 9),
  say('sequence', 9),
  inSequence(5, true, false),
  inSequence(5, false, false),
  inSequence(5, false, true),
  inSequence(6, false, true),
  infer('plain', { inputs: [] }),
  infer('nowhere', { inputs: [] }),
  infer('plain', { inputs: [{ name: 'X', shape: [9, 1], datatype: 'FP32', data: Array(9).fill(9) }] }),
  say('counting', 2),
  say('counting', 6, 6),
  say('counting', 50.5),
  infer('decoupled', { X: 9 }, 'generate'),
];

describe.skipIf(!realTriton)("Triton's metrics", () => {
  let pair: SharedRepository;

  const scrape = (port: number) =>
    exchange(port, get('/metrics')).then(({ body }) => parseMetrics(body.toString()));
  const scrapeBoth = () => Promise.all([pair.realMetricsPort, pair.ourMetricsPort].map(scrape));
  const askMetrics = async (asked: WireRequest): Promise<ComparableAnswer[]> =>
    Promise.all(
      [pair.realMetricsPort, pair.ourMetricsPort].map(async (port) =>
        comparable(await exchange(port, asked)),
      ),
    );
  /** Triton counts a request after it has answered it, and drops what is unloaded a while later. */
  const expectAlike = () =>
    vi.waitFor(async () => {
      const [real, ours] = await scrapeBoth();
      if (!real || !ours) return;
      expect(steady(ours)).toEqual(steady(real));
    }, LIMIT);

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', MEASURED_FILES, 'explicit', [
      '--metrics-config=summary_latencies=true',
      '--metrics-config=summary_quantiles=0.5:0.05,0.99:0.001',
      '--metrics-config=histogram_latencies=true',
      '--metrics-interval-ms=100',
    ]);
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it('have the same families in the same order, types and help texts', async () => {
    const [real, ours] = await scrapeBoth();
    expect(ours?.families).toEqual(real?.families);
  });

  it('have the same labels and start from 0', () => expectAlike());

  it('change alike with the same traffic', async () => {
    for (const asked of TRAFFIC) {
      const [real, ours] = await askShared(pair, asked);
      expect(ours?.status).toBe(real?.status);
    }
    await expectAlike();
    const [, ours] = await scrapeBoth();
    expect(ours?.values.get('nv_inference_count{model="plain",version="1"}')).not.toBe('0');
  });

  it.each(Object.keys(TRIED))('of models are made or refused with the same text: %s', async (name) => {
    const [real, ours] = await askShared(pair, say(name, 1));
    expect(ours).toEqual(real);
  });

  it('cannot be made while a model is imported', async () => {
    const [real, ours] = await loadShared(pair, 'at_import', AT_IMPORT_FILES);
    const reason = (answer: ComparableAnswer) => /has no attribute 'MetricFamily'/.exec(answer.body)?.[0];
    expect(reason(real)).toBeDefined();
    expect([ours.status, reason(ours)]).toEqual([real.status, reason(real)]);
  });

  it('of models read back as the model set them, and go with their family', async () => {
    for (const value of [3, 60.25, 7, 8]) {
      const [real, ours] = await askShared(pair, say('counting', value));
      expect(ours).toEqual(real);
      await expectAlike();
    }
    const [, ours] = await scrapeBoth();
    expect([...(ours?.values.keys() ?? [])].some((sample) => sample.startsWith('bare'))).toBe(false);
  });

  it('go on across a reload', async () => {
    await loadShared(pair, 'plain', PLAIN_AGAIN);
    await expectAlike();
    const [, reloaded] = await scrapeBoth();
    expect(Number(reloaded?.values.get(PLAIN_SUCCESS))).toBeGreaterThan(0);
    await askShared(pair, say('plain', 9));
    await expectAlike();
  });

  it('count what waits', async () => {
    const slow = Array.from({ length: 8 }, () => askShared(pair, say('cached', 5)));
    const waiting = async (port: number) =>
      Number(
        (await scrape(port)).values.get('nv_inference_pending_request_count{model="cached",version="1"}'),
      );
    const seen = (port: number) =>
      vi.waitFor(
        async () => {
          const count = await waiting(port);
          expect(count).toBeGreaterThanOrEqual(2);
          return count;
        },
        { timeout: 20_000, interval: 10 },
      );
    // One runs, and at most the other seven wait.
    for (const count of await Promise.all([pair.realMetricsPort, pair.ourMetricsPort].map(seen)))
      expect(count).toBeLessThanOrEqual(7);
    await Promise.all(slow);
    await expectAlike();
  });

  it('show the same machine', async () => {
    const [real, ours] = await scrapeBoth();
    const number = (from: MetricsDocument | undefined, name: string) => Number(from?.values.get(name));
    expect(number(ours, 'nv_cpu_memory_total_bytes')).toBe(number(real, 'nv_cpu_memory_total_bytes'));
    for (const one of [real, ours]) {
      expect(number(one, 'nv_cpu_utilization')).toBeGreaterThanOrEqual(0);
      expect(number(one, 'nv_cpu_utilization')).toBeLessThanOrEqual(1);
      expect(number(one, 'nv_cpu_memory_used_bytes')).toBeGreaterThan(0);
    }
  });

  it.each([
    get('/metrics/?x=1'),
    get('/'),
    get('/metricsx'),
    get('/metrics/x'),
    get('/METRICS'),
    get('//metrics'),
    get('/%6detrics'),
    get('/v2/health/live'),
    request('POST', '/metrics'),
    request('POST', '/metrics', 'a body'),
    request('POST', '/elsewhere'),
    request('DELETE', '/metrics'),
    request('OPTIONS', '/metrics'),
    request('GET', '/metrics', '', { Accept: 'application/openmetrics-text; version=1.0.0' }),
    request('GET', '/metrics', '', { 'Accept-Encoding': 'gzip, deflate' }),
  ])('answer $bytes alike', async (asked) => {
    const [real, ours] = await askMetrics(asked);
    const shape = (answer: ComparableAnswer | undefined) => {
      const { 'content-length': length, ...headers } = answer?.headers ?? {};
      const isDocument = answer?.body.startsWith('# HELP');
      return { ...answer, headers, ...(isDocument ? { body: '# HELP' } : { length }) };
    };
    expect(shape(ours)).toEqual(shape(real));
  });
});

const PLAIN_SUCCESS = 'nv_inference_request_success{model="plain",version="1"}';

/** The values of a document; of times only whether there were any. */
function steady({ values }: MetricsDocument): Record<string, string> {
  return Object.fromEntries(
    [...values].sort().map(([sample, value]) => [sample, TIMES.test(sample) ? 'a time' : value]),
  );
}
