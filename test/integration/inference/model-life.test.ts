import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InferenceServer } from '../../../src/inference/index.ts';
import { onnxModel } from '../../helpers/onnx-writer.ts';
import { removeRepository, serve, unpackGolden } from './golden-repository.ts';

const REQUEST = '{"inputs":[{"name":"INPUT","datatype":"FP32","shape":[1,4],"data":[1,2,3,4]}]}';
const LARGE = JSON.stringify({
  inputs: [{ name: 'INPUT', datatype: 'FP32', shape: [4, 4], data: Array.from({ length: 16 }, () => 1) }],
});

/** Adds `addend` to INPUT, and is too large to be kept in memory. */
function largeModel(addend: number): Buffer {
  const numbers = new Float32Array(1_100_000);
  numbers[0] = addend;
  const value = (name: string) => ({ name, datatype: 'FP32' as const, shape: [1, 4] });
  return onnxModel({
    nodes: [
      { operator: 'ReduceSum', inputs: ['numbers'], outputs: ['addend'] },
      { operator: 'Add', inputs: ['INPUT', 'addend'], outputs: ['sum'] },
      { operator: 'Reshape', inputs: ['sum', 'shape'], outputs: ['OUTPUT'] },
    ],
    inputs: [value('INPUT')],
    outputs: [value('OUTPUT')],
    initializers: [
      { name: 'numbers', datatype: 'FP32', shape: [numbers.length], data: new Uint8Array(numbers.buffer) },
      {
        name: 'shape',
        datatype: 'INT64',
        shape: [2],
        data: new Uint8Array(BigInt64Array.from([1n, 4n]).buffer),
      },
    ],
  });
}

describe('models while clients use them', () => {
  let repository: string;
  let server: InferenceServer;
  const workers: Worker[] = [];
  const remember = (worker: Worker) => workers.push(worker);

  beforeEach(async () => {
    process.on('worker', remember);
    repository = unpackGolden('good', ['cfg_empty', 'cfg_vp_specific']);
    server = await serve(repository, 'explicit');
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    removeRepository(repository);
    process.off('worker', remember);
    workers.length = 0;
  });

  const post = async (target: string, body = '') => {
    const response = await fetch(server.httpUrl + target, { method: 'POST', body });
    return { status: response.status, body: await response.text() };
  };
  const infer = (body = REQUEST) => post('/v2/models/cfg_empty/infer', body);
  const control = (action: 'load' | 'unload') => post(`/v2/repository/models/cfg_empty/${action}`);

  const endThreads = () => Promise.all(workers.splice(0).map((worker) => worker.terminate()));

  it('opens their sessions again when the threads that hold them end', async () => {
    expect((await infer()).status).toBe(200);
    await endThreads();
    expect(await infer()).toMatchObject({ status: 200, body: expect.stringContaining('[2.0,4.0,6.0,8.0]') });
    expect((await infer(LARGE)).status).toBe(200);
  });

  it('come back as they were loaded after a load that failed', async () => {
    writeFileSync(path.join(repository, 'cfg_empty', '1', 'model.onnx'), 'no model');
    expect((await control('load')).status).toBe(400);
    await endThreads();
    expect(await infer()).toMatchObject({ status: 200, body: expect.stringContaining('[2.0,4.0,6.0,8.0]') });
  });

  it('are never served from another file than the one that was loaded', async () => {
    const file = path.join(repository, 'large', '1', 'model.onnx');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, largeModel(1));
    await server.load('large');
    const ask = () => post('/v2/models/large/infer', REQUEST);
    expect(await ask()).toMatchObject({ body: expect.stringContaining('[2.0,3.0,4.0,5.0]') });
    writeFileSync(file, largeModel(2));
    await endThreads();
    expect(await ask()).toMatchObject({
      status: 503,
      body: expect.stringContaining('has changed since it was loaded; load the model again'),
    });
    await server.load('large');
    expect(await ask()).toMatchObject({ body: expect.stringContaining('[3.0,4.0,5.0,6.0]') });
  });

  it('are loaded one after another when several clients ask at once, and serve all the time', async () => {
    const model = path.join(repository, 'cfg_empty', '1', 'model.onnx');
    let loading = true;
    const statuses = new Set<number>();
    const traffic = (async () => {
      while (loading) statuses.add((await infer()).status);
    })();
    for (let round = 1; round <= 3; round += 1) {
      utimesSync(model, round, round);
      const loads = await Promise.all(Array.from({ length: 6 }, () => control('load')));
      expect(loads.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    }
    loading = false;
    await traffic;
    expect([...statuses]).toEqual([200]);
  });

  it('answer what they have accepted when they are unloaded', async () => {
    const asked = Array.from({ length: 60 }, () => infer(LARGE));
    const unloaded = control('unload');
    const answers = await Promise.all(asked);
    expect((await unloaded).status).toBe(200);
    for (const { status, body } of answers)
      if (status !== 200) expect(body).toContain("'cfg_empty' has no available versions");
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect((await infer()).status).toBe(404);
    expect((await control('load')).status).toBe(200);
    expect((await infer()).status).toBe(200);
  });

  it('are refused with a reason where they have BF16 inputs, as by Triton', async () => {
    const folder = path.join(repository, 'refused');
    mkdirSync(path.join(folder, '1'), { recursive: true });
    const value = (name: string) => ({ name, datatype: 'BF16' as const, shape: [2] });
    const nodes = [{ operator: 'Identity', inputs: ['X'], outputs: ['Y'] }];
    const bf16 = onnxModel({ nodes, inputs: [value('X')], outputs: [value('Y')] });
    writeFileSync(path.join(folder, '1', 'model.onnx'), bf16);
    await expect(server.load('refused')).rejects.toThrow(
      /model input 'X' must specify 'data_type' for refused/,
    );
  });
});
