import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AzureWorkspace, idOf, type NewModel } from '../../../src/workspace/index.ts';

const MODEL: NewModel = {
  name: 'my_triton_model',
  description: null,
  framework: 'Multi',
  frameworkVersion: null,
  tags: { area: 'NLP' },
  properties: {},
  runId: null,
  experimentName: null,
  sampleInputDatasetId: null,
  sampleOutputDatasetId: null,
  resourceConfiguration: null,
};

let directory: string;
let file: string;
let models: string;
let workspace: AzureWorkspace;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'tl-azure-'));
  file = path.join(directory, 'state', 'azure.json');
  models = path.join(directory, 'models');
  await mkdir(path.join(models, 'triton/identity/1'), { recursive: true });
  await writeFile(path.join(models, 'triton/identity/1/model.onnx'), 'weights');
  workspace = await AzureWorkspace.open(file);
});
afterEach(() => rm(directory, { recursive: true }));

const contents = () => readdir(path.join(directory, 'state/azure/models'));

describe('registered models', () => {
  it('rise by one version a registration and keep what was said of them', async () => {
    const first = await workspace.registerModel(MODEL, models);
    const second = await workspace.registerModel({ ...MODEL, tags: {} }, models);
    expect([idOf(first), idOf(second)]).toEqual(['my_triton_model:1', 'my_triton_model:2']);
    const again = await AzureWorkspace.open(file);
    expect((await again.read()).models).toEqual([first, second]);
    expect(first).toMatchObject({ ...MODEL, entry: 'models', bytes: 7 });
  });

  it('are copied in: what happens to the original later does not reach them', async () => {
    const model = await workspace.registerModel(MODEL, models);
    await writeFile(path.join(models, 'triton/identity/1/model.onnx'), 'other weights');
    const copy = path.join(workspace.contentOf(model), 'triton/identity/1/model.onnx');
    expect(await readFile(copy, 'utf8')).toBe('weights');
  });

  it('share equal content, which goes with the last of them', async () => {
    const one = await workspace.registerModel(MODEL, models);
    const other = await workspace.registerModel({ ...MODEL, name: 'other' }, models);
    expect(one.content).toBe(other.content);
    await workspace.removeModel(idOf(one));
    expect(await contents()).toEqual([one.content]);
    await workspace.removeModel(idOf(other));
    expect(await contents()).toEqual([]);
  });

  it('never get the version of a deleted one', async () => {
    await workspace.removeModel(idOf(await workspace.registerModel(MODEL, models)));
    expect((await workspace.registerModel(MODEL, models)).version).toBe(2);
  });

  it('may be one file', async () => {
    const single = path.join(directory, 'model.pkl');
    await writeFile(single, 'pickle');
    const model = await workspace.registerModel(MODEL, single);
    expect(path.basename(workspace.contentOf(model))).toBe('model.pkl');
    expect(await readFile(workspace.contentOf(model), 'utf8')).toBe('pickle');
  });

  it('are absent if the folder is empty', async () => {
    const empty = path.join(directory, 'empty');
    await mkdir(empty);
    await expect(workspace.registerModel(MODEL, empty)).rejects.toMatchObject({
      code: 'CONTENT_UNUSABLE',
      location: { file: empty },
    });
    expect((await workspace.read()).models).toEqual([]);
  });

  it('leave nothing behind when the copy fails', async () => {
    await expect(workspace.registerModel(MODEL, path.join(directory, 'nowhere'))).rejects.toThrow(/ENOENT/);
    expect(await contents().catch(() => [])).toEqual([]);
  });
});

describe('the file of a workspace', () => {
  it('loses no registration of several processes at once, each version given once', async () => {
    const room = path.join(directory, 'workspace.mjs');
    const entry = fileURLToPath(new URL('../../../src/workspace/index.ts', import.meta.url));
    await build({ entryPoints: [entry], outfile: room, bundle: true, platform: 'node', format: 'esm' });
    const program = `
      const { AzureWorkspace } = await import(${JSON.stringify(pathToFileURL(room).href)});
      const workspace = await AzureWorkspace.open(${JSON.stringify(file)});
      for (let n = 0; n < 5; n += 1) await workspace.registerModel(${JSON.stringify(MODEL)}, ${JSON.stringify(models)});
    `;
    const register = () =>
      new Promise<number | null>((resolve) => {
        const args = ['--input-type=module', '-e', program];
        spawn(process.execPath, args, { stdio: 'inherit' }).once('exit', resolve);
      });
    expect(await Promise.all([register(), register(), register()])).toEqual([0, 0, 0]);
    const { models: registered } = await workspace.read();
    expect(registered.map(({ version }) => version)).toEqual(Array.from({ length: 15 }, (_, n) => n + 1));
  });

  it('is JSON with a schema version, for its owner only, with nothing beside it', async () => {
    await workspace.registerModel(MODEL, models);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ schemaVersion: 1 });
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(path.dirname(file))).sort()).toEqual(['azure', 'azure.json']);
  });

  it.each([
    ['damaged', '{"schemaVersion": 1, "mod'],
    ['of another kind', '[]'],
    ['of a later version', '{"schemaVersion": 2}'],
    ['without a list', '{"schemaVersion": 1, "models": {}}'],
  ])('is named if it is %s, and is not overwritten', async (_what, text) => {
    await writeFile(file, text);
    await expect(AzureWorkspace.open(file)).rejects.toMatchObject({
      code: 'WORKSPACE_UNREADABLE',
      location: { file },
    });
    await expect(workspace.registerModel(MODEL, models)).rejects.toMatchObject({
      code: 'WORKSPACE_UNREADABLE',
    });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('keeps what it does not know', async () => {
    await writeFile(file, '{"schemaVersion": 1, "models": [], "ofLater": {"a": 1}}');
    await workspace.registerModel(MODEL, models);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ ofLater: { a: 1 } });
  });
});
