import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { StatisticsSampler } from '../../../../src/engines/index.ts';
import { EventBus, type EventOf } from '../../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../../src/inference/index.ts';
import { hasPrometheus, Prometheus, skipWithoutPrometheus } from '../../../helpers/prometheus.ts';
import { modelPython } from '../../../helpers/python.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';
import { get } from './cases/case.ts';
import { exchange } from './exchange.ts';
import { parseMetrics } from './prometheus-text.ts';
import { MEASURED_FILES } from './repositories/measured-models.ts';
import { infer, writeModelFiles } from './shared-repository.ts';

if (!hasPrometheus) skipWithoutPrometheus();

const WINDOW_MS = 5_000;
const LIMIT = { timeout: 90_000, interval: 500 };

describe.skipIf(!hasPrometheus)('a real Prometheus', () => {
  let folder: TempFolder;
  let server: InferenceServer;
  let prometheus: Prometheus;
  let port: number;
  const events = new EventBus();

  beforeAll(async () => {
    folder = await TempFolder.create('tl-scraped-');
    const wanted = Object.entries(MEASURED_FILES).filter(([file]) => /^(?:plain|counting)\//.test(file));
    writeModelFiles(folder.path('models'), Object.fromEntries(wanted));
    server = await startInferenceServer(
      {
        repository: folder.path('models'),
        host: '127.0.0.1',
        httpPort: 0,
        metrics: { port: 0, isChosen: true },
        modelControlMode: 'none',
        tritonArgs: ['--metrics-config=summary_latencies=true'],
        runtimePaths: [],
        python: modelPython,
        events,
      },
      new AbortController().signal,
    );
    port = Number(new URL(server.httpUrl).port);
    prometheus = await Prometheus.start(server.sides.metrics ?? '');
  });
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const ask = async (model: string) => {
    const body = { inputs: [{ name: 'X', shape: [1, 1], datatype: 'FP32', data: [9] }] };
    const { status } = await exchange(port, infer(model, body));
    expect(status).toBe(200);
  };

  it('reads every family, with the metrics of models and the summaries', async () => {
    await ask('counting');
    await vi.waitFor(async () => {
      expect(await prometheus.valueOf('up')).toBe(1);
      expect(await prometheus.valueOf('nv_inference_request_success{model="counting"}')).toBe(1);
      expect(await prometheus.valueOf('zeta_visits{a="2"}')).toBe(1.5);
      expect(await prometheus.valueOf('nv_inference_request_summary_us_count{model="counting"}')).toBe(1);
      expect(await prometheus.valueOf('nv_cpu_memory_total_bytes')).toBeGreaterThan(0);
    }, LIMIT);
  });

  it('finds the rate at which clients are answered', async () => {
    const answered: number[] = [];
    const ending = new AbortController();
    const traffic = (async () => {
      while (!ending.signal.aborted) {
        await ask('plain');
        answered.push(Date.now());
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    try {
      await vi.waitFor(async () => {
        const at = Date.now();
        const seconds = WINDOW_MS / 1_000;
        const rate = await prometheus.valueOf(
          `rate(nv_inference_request_success{model="plain"}[${seconds}s])`,
          at,
        );
        const expected = answered.filter((time) => time > at - WINDOW_MS && time <= at).length / seconds;
        expect(answered[0]).toBeLessThan(at - WINDOW_MS);
        expect((rate ?? 0) / expected).toBeGreaterThan(0.85);
        expect((rate ?? 0) / expected).toBeLessThan(1.15);
      }, LIMIT);
    } finally {
      ending.abort();
      await traffic;
    }
  });

  it('sees the figures that the screen shows', async () => {
    const shown: EventOf<'model.statistics'>[] = [];
    events.subscribe((event) => {
      if (event.type === 'model.statistics' && event.model === 'plain') shown.push(event);
    });
    const sampler = new StatisticsSampler({ http: server.httpUrl }, events, 50);
    try {
      await ask('plain');
      await vi.waitFor(async () => {
        const { body } = await exchange(Number(server.sides.metrics?.split(':')[1]), get('/metrics'));
        const { values } = parseMetrics(body.toString());
        const of = (family: string) => Number(values.get(`${family}{model="plain",version="1"}`));
        const last = shown.at(-1);
        expect(last).toMatchObject({
          inferenceCount: of('nv_inference_count'),
          executionCount: of('nv_inference_exec_count'),
          failureCount: 0,
        });
        expect(of('nv_inference_count')).toBeGreaterThan(0);
      }, LIMIT);
    } finally {
      await sampler[Symbol.asyncDispose]();
    }
  });
});
