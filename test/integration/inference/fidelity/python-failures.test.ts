import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import type { ComparableAnswer } from './comparison.ts';
import { exchange, request } from './exchange.ts';
import {
  ANSWERING_MODELS,
  DECOUPLED_MODELS,
  LOADING_MODELS,
  UNANSWERED_MODELS,
} from './repositories/python-failures.ts';
import {
  askShared,
  indexesOf,
  infer,
  loadShared,
  type RepositoryFiles,
  type SharedRepository,
  startOnSharedRepository,
  unloadShared,
  writeModelFiles,
} from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of failing Python models with the real Triton');

const inferenceOf = (...data: number[]) => ({
  inputs: [{ name: 'I', datatype: 'FP32', shape: [1, 2], data }],
});
const ONES = inferenceOf(1, 2);

describe.skipIf(!realTriton)('Python models that fail', () => {
  let pair: SharedRepository;
  const begun = new Set<string>();

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', {}, 'explicit');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.concurrent.each(LOADING_MODELS)('%s: is loaded or refused alike', (name, files) =>
    loaded(name, files, async () => {
      const [realIndex, ourIndex] = await indexesOf(pair);
      expect(withoutModule(ourIndex.get(name))).toEqual(withoutModule(realIndex.get(name)));
    }),
  );

  it.concurrent.each(ANSWERING_MODELS)('%s: answers and counts alike, twice', (name, files) =>
    loaded(name, files, async () => {
      for (const id of ['first', 'second']) await alike(infer(name, { id, ...ONES }));
      await countedAlike(name);
    }),
  );

  it.concurrent.each(DECOUPLED_MODELS)('%s: streams, counts and is refused alike', (name, files) =>
    loaded(name, files, async () => {
      await alike(infer(name, { I: [1, 2] }, 'generate_stream'));
      await alike(infer(name, { I: [1, 2] }, 'generate'));
      await alike(infer(name, ONES));
      await countedAlike(name);
    }),
  );

  it.concurrent.each(UNANSWERED_MODELS)(
    '%s: is answered, which the real one never does',
    async (name, files) => {
      writeModelFiles(pair.directory, files);
      const load = await exchange(pair.ourPort, request('POST', `/v2/repository/models/${name}/load`));
      const answer = load.status === 200 ? await exchange(pair.ourPort, infer(name, ONES)) : load;
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body.toString()).toMatch(
        /Expected a(n 'InferenceResponse' object| list) in|Python model file not found/,
      );
    },
  );

  it('starts the process of a model again, which the real one does not', async () => {
    const files = Object.fromEntries(ANSWERING_MODELS).exits_once ?? {};
    await loaded('exits_once', files, async () => {
      await alike(infer('exits_once', inferenceOf(1, 1)));
      await alike(infer('exits_once', inferenceOf(9, 9)));
      const [real, ours] = await askShared(pair, infer('exits_once', inferenceOf(1, 1)));
      expect([real.status, ours.status]).toEqual([500, 200]);
    });
  });

  /** Compares the two while they have a model loaded. */
  function loaded(name: string, files: RepositoryFiles, compare: () => Promise<void>): Promise<void> {
    return pair.whileRealLives(async () => {
      if (begun.has(name)) await unloadShared(pair, name);
      begun.add(name);
      const [real, ours] = await loadShared(pair, name, files);
      expect(steady(ours)).toEqual(steady(real));
      await compare();
      await unloadShared(pair, name);
    });
  }

  async function alike(asked: ReturnType<typeof infer>): Promise<void> {
    const [real, ours] = await askShared(pair, asked);
    expect(steady(ours)).toEqual(steady(real));
  }

  /** Triton counts a request after it has answered it. */
  async function countedAlike(name: string): Promise<void> {
    await vi.waitFor(async () => {
      const [real, ours] = await askShared(pair, get(`/v2/models/${name}/stats`));
      expect(ours.body).toBe(real.body);
    }, 10_000);
  }
});

/** Without addresses, and without the lines of the module that the real server brings in Python. */
function withoutModule(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(MODULE_LINE, ''));
}

const MODULE_LINE = / {2}\/[^ ]*\/triton_python_backend_utils\.py[^ ]* \w+\\n/g;

function steady({ status, headers, body }: ComparableAnswer): object {
  const { 'content-length': _length, ...others } = headers;
  const text = body.replace(/0x[0-9a-f]+/g, '0x0').replace(MODULE_LINE, '');
  return { status, headers: others, body: text };
}
