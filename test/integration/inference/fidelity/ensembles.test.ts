import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { ENSEMBLE_FILES, ENSEMBLES, MISTAKEN } from './repositories/ensembles.ts';
import type { ComparableAnswer } from './comparison.ts';
import { exchange } from './exchange.ts';
import { askShared, indexesOf, infer, type SharedRepository, startOnSharedRepository } from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of ensembles with the real Triton');

const tensor = (shape: readonly number[], name = 'I', datatype = 'FP32') => ({
  name,
  datatype,
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_none, at) => at + 1),
});

/** What each ensemble is asked. */
const REQUESTS: readonly object[] = [
  { id: 'r1', inputs: [tensor([1, 2])] },
  { inputs: [tensor([2, 2])] },
  { inputs: [tensor([2])] },
  { inputs: [tensor([5, 2])] },
  { inputs: [tensor([1, 2]), tensor([1, 2], 'J')] },
  { inputs: [tensor([1, 2])], outputs: [{ name: 'R' }] },
  { inputs: [tensor([1, 2])], outputs: [{ name: 't1' }] },
  { inputs: [tensor([1, 2])], parameters: { sequence_id: 5, sequence_start: true, timeout: 500000, priority: 1, mine: 'x' } },
  { inputs: [tensor([1, 2], 'I', 'INT32')] },
  { inputs: [] },
];

describe.skipIf(!realTriton)('ensembles', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', ENSEMBLE_FILES, 'none');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each(Object.keys(ENSEMBLES))('%s: answers, streams and counts alike', async (name) => {
    for (const body of REQUESTS) await alike(infer(name, body));
    await alike(infer(name, { I: [1, 2] }, 'generate'));
    await alike(infer(name, { I: [[1, 2]] }, 'generate_stream'));
    await alike(get(`/v2/models/${name}`));
    await alike(get(`/v2/models/${name}/config`));
    // Triton counts a request after it has answered it.
    await vi.waitFor(() => alike(get(`/v2/models/${name}/stats`)), 2_000);
  });

  it.each(Object.keys(MISTAKEN))('%s: is refused, or answers, alike', async (name) => {
    const [real, ours] = await indexesOf(pair);
    expect(ours.get(name)).toEqual(real.get(name));
    expect(refusals(pair.ourLog, name)).toEqual(refusals(pair.realLog, name));
    await alike(infer(name, REQUESTS[0] ?? {}));
  });

  it('answers an ensemble that overwrites its own input, which the real one never does', async () => {
    expect((await exchange(pair.ourPort, infer('overwrites', REQUESTS[0] ?? {}))).status).toBe(200);
  });

  async function alike(asked: ReturnType<typeof infer>): Promise<void> {
    const [real, ours] = await askShared(pair, asked);
    expect(steady(ours)).toEqual(steady(real));
  }
});

/**
 * Triton gives the outputs of an ensemble in no order, and repeats the parameters of a sequence with each of them: to
 * a reader of JSON that is the same.
 */
function steady(answer: ComparableAnswer): object {
  const { 'content-length': _length, ...headers } = answer.headers;
  if (answer.status !== 200 || headers['content-type'] !== 'application/json') return { ...answer, headers };
  // Of a request that fails inside, Triton 2.51 counts the failure of some steps once more.
  const text = answer.body.replace(/"fail":\{"count":\d+/, '"fail":{"count":0');
  const body = JSON.parse(text) as { outputs?: readonly { readonly name: string }[] };
  const outputs = body.outputs && [...body.outputs].sort((a, b) => a.name.localeCompare(b.name));
  return { ...answer, headers, body: { ...body, outputs } };
}

/** What a log says of a model that was not loaded, each text once. */
function refusals(log: readonly string[], name: string): readonly string[] {
  const prefix = new RegExp(
    `^(?:failed to load '${name}'(?: version \\d+)?: |Poll failed for model directory '${name}': |Invalid argument: (?=(?:in )?ensemble '?${name}'?[ ,]|circular dependency between ensembles: ${name} ))`,
  );
  return [...new Set(log.filter((line) => prefix.test(line)).map((line) => line.replace(prefix, '')))];
}
