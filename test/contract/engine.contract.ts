import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, type RunningEngine, StatisticsSampler } from '../../src/engines/index.ts';
import { type EmulatorEvent, EventBus } from '../../src/events/index.ts';
import { KServeClient } from '../../src/kserve/index.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { ensembleModel, pythonModels, streamingModel } from './contract-models.ts';

/** Models that the engine can run, all with FP32 `x` and `y` of four elements; each call fills an empty folder. */
export interface ContractModels {
  /** `y = x + addend`. */
  readonly add: (directory: string, addend: number) => Promise<void>;
  /** One whose load fails. */
  readonly broken: (directory: string) => Promise<void>;
}

export interface ContractSubject {
  readonly name: string;
  /**
   * The health of a server once a broken new model has been removed again. A real Triton stays "not ready" then
   * (docs/reference/triton.md#measured); ours is replaced, but an external one is not ours to replace.
   */
  readonly healthAfterRemoval?: 200 | 400;
  readonly models: ContractModels;
  readonly make: (facts: {
    readonly repository: string;
    readonly workDirectory: string;
    readonly events: EventBus;
  }) => Engine;
  /** What is left of it on this machine, for people. */
  readonly leftovers: (workDirectory: string) => Promise<readonly string[]>;
}

/** What every engine promises. */
export function describeEngine({
  name,
  models,
  make,
  leftovers,
  healthAfterRemoval = 200,
}: ContractSubject): void {
  describe(`the ${name} engine`, () => {
    let folder: TempFolder;
    let running: RunningEngine;
    const seen: EmulatorEvent[] = [];
    const events = new EventBus();
    events.subscribe((event) => seen.push(event));
    const signal = new AbortController().signal;

    const put = async (model: string, fill: (directory: string) => Promise<void>) => {
      const fresh = folder.path('fresh');
      await mkdir(fresh);
      await fill(fresh);
      await rm(folder.path('old'), { recursive: true, force: true });
      await rename(folder.path('repository', model), folder.path('old')).catch(() => undefined);
      await rename(fresh, folder.path('repository', model));
    };
    const putBack = async (model: string) => {
      await rm(folder.path('repository', model), { recursive: true });
      await cp(folder.path('old'), folder.path('repository', model), { recursive: true });
    };
    const health = async () => (await fetch(`${running.endpoints.http}/v2/health/ready`)).status;
    const state = (model: string) => running.models().find((it) => it.name === model);

    beforeAll(async () => {
      folder = await TempFolder.create('triton-local-contract-');
      await mkdir(folder.path('repository'));
      await put('adder', (directory) => models.add(directory, 1));
      const engine = make({
        repository: folder.path('repository'),
        workDirectory: folder.path('work'),
        events,
      });
      running = await engine.start(signal);
    });
    afterAll(async () => {
      await running?.[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });

    test('answers with every model of the repository once it has started', async () => {
      expect(await health()).toBe(200);
      expect(running.version).toMatch(/^\d+\.\d+\.\d+$/);
      expect(running.models()).toEqual([{ name: 'adder', version: '1', state: 'READY', reason: '' }]);
      expect(seen).toContainEqual(
        expect.objectContaining({ type: 'model.state', model: 'adder', version: '1', state: 'READY' }),
      );
      expect(await infer(running, 'adder')).toEqual([2, 3, 4, 5]);
    });

    test('reports the statistics of its models', async () => {
      await using _sampler = new StatisticsSampler(running.endpoints, events, 50);
      const newest = () => seen.findLast(({ type }) => type === 'model.statistics');
      await expect.poll(newest).toMatchObject({ model: 'adder', version: '1', failureCount: 0 });
      const first = newest();
      const before = first?.type === 'model.statistics' ? first.inferenceCount : Number.NaN;
      for (let count = 0; count < 3; count += 1) await infer(running, 'adder');
      await expect.poll(newest).toMatchObject({ inferenceCount: before + 3, executionCount: before + 3 });
      expect(newest()).toMatchObject({ computeMs: expect.toSatisfy((ms) => ms > 0 && ms < 1_000) });
    });

    test('swaps a changed model in without failing or stopping a request', async () => {
      await put('adder', (directory) => models.add(directory, 10));
      let isLoading = true;
      const answers: number[] = [];
      const clients = Array.from({ length: 2 }, async () => {
        while (isLoading) answers.push((await infer(running, 'adder'))[0] ?? Number.NaN);
      });
      await running.load('adder');
      isLoading = false;
      await Promise.all(clients);
      expect(answers.length).toBeGreaterThan(0);
      expect(answers.filter((answer) => answer !== 2 && answer !== 11)).toEqual([]);
      expect(await infer(running, 'adder')).toEqual([11, 12, 13, 14]);
    });

    test('keeps the old model when the new one does not load, and takes the next good one', async () => {
      await put('adder', models.broken);
      await expect(running.load('adder')).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
      await putBack('adder');
      expect(await infer(running, 'adder')).toEqual([11, 12, 13, 14]);
      expect(await health()).toBe(200);
      expect(state('adder')).toMatchObject({ state: 'READY' });
      await put('adder', (directory) => models.add(directory, 20));
      await running.load('adder');
      expect(await infer(running, 'adder')).toEqual([21, 22, 23, 24]);
    });

    test('is not ready while a new model is broken, and is again once that is removed', async () => {
      await put('second', models.broken);
      await expect(running.load('second')).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
      expect(state('second')).toMatchObject({ state: 'UNAVAILABLE', reason: expect.stringMatching(/.+/) });
      expect(await health()).toBe(400);
      expect(await infer(running, 'adder')).toEqual([21, 22, 23, 24]);
      // In the emulator's order: first the folder, so that nothing is left to load it from.
      await rm(folder.path('repository', 'second'), { recursive: true });
      await running.unload('second');
      expect(await health()).toBe(healthAfterRemoval);
      expect(await infer(running, 'adder')).toEqual([21, 22, 23, 24]);
    });

    test('serves a model that comes later, and stops serving one that is unloaded', async () => {
      await put('second', (directory) => models.add(directory, 100));
      await running.load('second');
      expect(await infer(running, 'second')).toEqual([101, 102, 103, 104]);
      await running.unload('second');
      await expect.poll(() => state('second')?.reason ?? 'unloaded', { timeout: 10_000 }).toBe('unloaded');
      await expect(infer(running, 'second')).rejects.toThrow(/second/);
      expect(await infer(running, 'adder')).toEqual([21, 22, 23, 24]);
    });

    test('serves Python models, ensembles that follow them, and streams', async () => {
      await put('python', (directory) => pythonModels.add(directory, 1));
      await put('twice', (directory) => ensembleModel(directory, 'python'));
      await put('stream', streamingModel);
      for (const model of ['python', 'twice', 'stream']) await running.load(model);
      expect(await infer(running, 'twice')).toEqual([3, 4, 5, 6]);
      await put('python', (directory) => pythonModels.add(directory, 10));
      await running.load('python');
      await expect.poll(() => infer(running, 'twice')).toEqual([21, 22, 23, 24]);
      const streamed = await fetch(`${running.endpoints.http}/v2/models/stream/generate_stream`, {
        method: 'POST',
        body: JSON.stringify({ x: [1, 2, 3, 4] }),
      });
      const first = (await streamed.text()).match(/"y":\[\d/g);
      expect(first).toEqual(['"y":[1', '"y":[2', '"y":[3']);
      await expect(infer(running, 'stream')).rejects.toThrow(/decoupled transaction policy/);
      for (const model of ['twice', 'stream', 'python']) {
        await rm(folder.path('repository', model), { recursive: true });
        await running.unload(model);
      }
      await expect(infer(running, 'twice')).rejects.toThrow(/twice/);
      expect(await infer(running, 'adder')).toEqual([21, 22, 23, 24]);
    });

    test('refuses loads of clients in mode none with the text that Triton has', async () => {
      const url = `${running.endpoints.http}/v2/repository/models/adder/unload`;
      const answer = await fetch(url, { method: 'POST' });
      expect([answer.status, await answer.json()]).toEqual([
        503,
        { error: 'explicit model load / unload is not allowed if polling is enabled' },
      ]);
      expect(await infer(running, 'adder')).toEqual([21, 22, 23, 24]);
    });

    test('can be disposed of twice, reports no crash and cleans up', async () => {
      const { http } = running.endpoints;
      let crash: string | undefined;
      void running.exited.then((reason) => {
        crash = reason;
      });
      await Promise.all([running[Symbol.asyncDispose](), running[Symbol.asyncDispose]()]);
      await running[Symbol.asyncDispose]();
      await expect(fetch(http)).rejects.toThrow();
      expect(crash).toBeUndefined();
      expect(await leftovers(folder.path('work'))).toEqual([]);
    });
  });
}

async function infer(running: RunningEngine, model: string): Promise<number[]> {
  const client = new KServeClient({ url: running.endpoints.http });
  try {
    const data = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [4], data } as const];
    const { outputs } = await client.infer(model, { inputs });
    const sum = outputs.find(({ name }) => name === 'y')?.data ?? Buffer.alloc(0);
    return Array.from({ length: sum.byteLength / 4 }, (_, index) => Buffer.from(sum).readFloatLE(index * 4));
  } finally {
    await client[Symbol.asyncDispose]();
  }
}
