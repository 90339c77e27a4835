import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ModelSnapshot,
  scanRepository,
  snapshotOnnxFile,
  stageModel,
  unstageModel,
} from '../../../src/repository/index.ts';
import { createRepository, type TestRepository } from './model-folder.ts';

let user: TestRepository;
let served: TestRepository;
beforeEach(async () => {
  user = await createRepository({
    'm/config.pbtxt': 'one',
    'm/1/model.onnx': 'weights',
    'm/2/': '',
    'm/x~': 'x',
  });
  served = await createRepository();
});
afterEach(async () => {
  await user[Symbol.asyncDispose]();
  await served[Symbol.asyncDispose]();
});

async function snapshot(): Promise<ModelSnapshot> {
  const model = (await scanRepository(user.directory)).models.get('m');
  if (!model) throw new Error('the model is not there');
  return model;
}

const stage = async () => stageModel(await snapshot(), served.directory);
const servedConfig = () => readFile(path.join(served.directory, 'm', 'config.pbtxt'), 'utf8');
const leftovers = () => readdir(path.join(served.directory, '..', 'staging'));

describe('staging', () => {
  it('copies what the snapshot has and nothing else, empty folders too', async () => {
    const { directory, commit } = await stage().then((staged) => ({
      directory: staged.directory,
      commit: () => staged.commit(),
    }));
    await commit();
    expect(directory).toBe(path.join(served.directory, 'm'));
    expect((await readdir(directory, { recursive: true })).sort()).toEqual(
      ['1', path.join('1', 'model.onnx'), '2', 'config.pbtxt'].sort(),
    );
    expect((await scanRepository(served.directory)).models.get('m')?.fingerprint).toBe(
      (await snapshot()).fingerprint,
    );
    expect(await leftovers()).toEqual([]);
  });

  it('can be taken back, once', async () => {
    await (await stage()).commit();
    await user.write({ 'm/config.pbtxt': 'two' });
    const staged = await stage();
    expect(await servedConfig()).toBe('two');
    await staged.rollback();
    await staged.rollback();
    await staged.commit();
    expect(await servedConfig()).toBe('one');
    expect(await leftovers()).toEqual([]);
  });

  it('taken back for a new model leaves no folder', async () => {
    await (await stage()).rollback();
    expect(await readdir(served.directory)).toEqual([]);
  });

  it.each([
    ['edited', () => user.write({ 'm/1/model.onnx': 'WEIGHTS' })],
    ['grown', () => user.write({ 'm/1/model.onnx': 'weights and more' })],
    ['removed', () => rm(path.join(user.directory, 'm', '1', 'model.onnx'))],
    [
      'turned into a folder',
      async () => {
        await rm(path.join(user.directory, 'm', '1', 'model.onnx'));
        await user.write({ 'm/1/model.onnx/': '' });
      },
    ],
  ])('refuses a file that was %s since the scan, and leaves what serves alone', async (_, change) => {
    await (await stage()).commit();
    await user.write({ 'm/config.pbtxt': 'two' });
    const model = await snapshot();
    await change();
    await expect(stageModel(model, served.directory)).rejects.toMatchObject({
      code: 'MODEL_CHANGED_WHILE_STAGING',
      location: { file: path.join(user.directory, 'm', '1', 'model.onnx') },
    });
    expect(await servedConfig()).toBe('one');
    expect(await leftovers()).toEqual([]);
  });

  it('takes a file that was only touched', async () => {
    const model = await snapshot();
    await user.write({ 'm/1/model.onnx': 'weights' });
    await (await stageModel(model, served.directory)).commit();
    expect(await readFile(path.join(served.directory, 'm', '1', 'model.onnx'), 'utf8')).toBe('weights');
  });

  it('takes a model out again, as often as one likes', async () => {
    await (await stage()).commit();
    await unstageModel('m', served.directory);
    await unstageModel('m', served.directory);
    expect(existsSync(path.join(served.directory, 'm'))).toBe(false);
    expect(await leftovers()).toEqual([]);
  });

  it('makes a repository of a single file', async () => {
    await user.write({ 'net.onnx': 'graph', 'net.onnx.data': 'weights' });
    const model = await snapshotOnnxFile(path.join(user.directory, 'net.onnx'), 'net');
    await (await stageModel(model, served.directory)).commit();
    expect((await readdir(path.join(served.directory, 'net', '1'))).sort()).toEqual([
      'model.onnx',
      'net.onnx.data',
    ]);
  });

  it.each(['../m', 'a/b', '..'])('never leaves the repository: %s', async (name) => {
    const model = { ...(await snapshot()), name };
    await expect(stageModel(model, served.directory)).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
    await expect(unstageModel(name, served.directory)).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
  });
});
