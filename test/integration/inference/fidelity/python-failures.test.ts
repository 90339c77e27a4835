import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { ANSWERING_MODELS, DECOUPLED_MODELS, LOADING_MODELS } from './repositories/python-failures.ts';
import {
  askShared,
  indexesOf,
  infer,
  loadShared,
  type RepositoryFiles,
  type SharedRepository,
  startOnSharedRepository,
  unloadShared,
} from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of failing Python models with the real Triton');

const inferenceOf = (...data: number[]) => ({
  inputs: [{ name: 'I', datatype: 'FP32', shape: [1, 2], data }],
});
const ONES = inferenceOf(1, 2);

describe.skipIf(!realTriton)('Python models that fail', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    pair = await startOnSharedRepository(realTriton ?? '', {}, 'explicit');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.concurrent.each(LOADING_MODELS)('%s: is loaded or refused alike', async (name, files) => {
    const [real, ours] = await loadShared(pair, name, files);
    expect(ours).toEqual(real);
    const [realIndex, ourIndex] = await indexesOf(pair);
    expect(ourIndex.get(name)).toEqual(realIndex.get(name));
    await unloadShared(pair, name);
  });

  it.concurrent.each(ANSWERING_MODELS)('%s: answers and counts alike, twice', async (name, files) => {
    await loaded(name, files);
    for (const id of ['first', 'second']) await alike(infer(name, { id, ...ONES }));
    await countedAlike(name);
    await unloadShared(pair, name);
  });

  it.concurrent.each(DECOUPLED_MODELS)('%s: streams, counts and is refused alike', async (name, files) => {
    await loaded(name, files);
    await alike(infer(name, { I: [1, 2] }, 'generate_stream'));
    await alike(infer(name, { I: [1, 2] }, 'generate'));
    await alike(infer(name, ONES));
    await countedAlike(name);
    await unloadShared(pair, name);
  });

  it('lets a model answer again whose process died', async () => {
    const files = Object.fromEntries(ANSWERING_MODELS)['exits_once'] ?? {};
    await loaded('exits_once', files);
    for (const data of [1, 9, 1, 1]) await alike(infer('exits_once', inferenceOf(data, data)));
  });

  async function loaded(name: string, files: RepositoryFiles): Promise<void> {
    const [real, ours] = await loadShared(pair, name, files);
    expect(ours).toEqual(real);
  }

  async function alike(asked: ReturnType<typeof infer>): Promise<void> {
    const [real, ours] = await askShared(pair, asked);
    expect(ours).toEqual(real);
  }

  /** Triton counts a request after it has answered it. */
  async function countedAlike(name: string): Promise<void> {
    await vi.waitFor(async () => {
      const [real, ours] = await askShared(pair, get(`/v2/models/${name}/stats`));
      expect(ours.body).toBe(real.body);
    }, 2_000);
  }
});
