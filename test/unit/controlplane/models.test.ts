import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createModel,
  downloadModel,
  listModels,
  registerModel,
  showModel,
} from '../../../src/azureml/index.ts';
import { type Answer, ArmParts, CONTAINER } from '../../helpers/arm-parts.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

const FILES = { 'models/simple/config.pbtxt': 'backend: "python"', 'models/simple/1/model.py': 'pass' };
const silent = () => undefined;

function putModel(id: string, properties: object): Promise<Answer> {
  const [name, version] = id.split(':');
  return parts.send('PUT', `models/${name}/versions/${version}`, { body: { properties } });
}

const names = ({ json }: Answer) => json.value.map(({ name }: { readonly name: string }) => name);

it('registers an uploaded folder as a model that the verbs show and download', async () => {
  const put = await putModel('digits:3', {
    description: 'd',
    tags: { area: 'NLP' },
    properties: {},
    modelType: 'triton_model',
    modelUri: await parts.upload('aa', FILES),
    isAnonymous: false,
    isArchived: false,
  });
  expect(put.status).toBe(201);
  expect(put.json).toMatchObject({
    id: expect.stringMatching(/\/workspaces\/w\/models\/digits\/versions\/3$/),
    name: '3',
    properties: { flavors: {}, modelType: 'triton_model', description: 'd', tags: { area: 'NLP' } },
    systemData: { createdAt: expect.any(String), lastModifiedAt: expect.any(String) },
  });
  expect(await showModel(parts.workspace, { id: 'digits:3' })).toMatchObject({
    framework: 'Multi',
    version: 3,
    tags: { area: 'NLP' },
  });
  const target = await downloadModel(parts.workspace, { id: 'digits:3' }, parts.folder.path('down'), false);
  expect(path.basename(target)).toBe('models');
  expect(await readFile(path.join(target, 'simple/config.pbtxt'), 'utf8')).toBe('backend: "python"');
});

it('registers a single file', async () => {
  const modelUri = await parts.upload('aa', { 'model.onnx': 'bytes' });
  await putModel('digits:1', { modelUri, modelType: 'custom_model' });
  const [model] = (await parts.workspace.read()).models;
  expect(model).toMatchObject({ entry: 'model.onnx', bytes: 5, framework: 'Custom' });
  expect(await readFile(model ? parts.workspace.contentOf(model) : '', 'utf8')).toBe('bytes');
});

it('keeps the bytes of an upload and of its model once', async () => {
  await putModel('digits:1', { modelUri: await parts.upload('aa', FILES) });
  const [model] = (await parts.workspace.read()).models;
  const copy = model ? parts.workspace.contentOf(model) : '';
  expect((await stat(path.join(copy, 'simple/1/model.py'))).nlink).toBe(2);
});

it('gives the same content the same hash, whether a verb or the SDK registers it', async () => {
  await putModel('one:1', { modelUri: await parts.upload('aa', FILES) });
  await register('two');
  const [one, two] = (await parts.workspace.read()).models;
  expect(two?.content).toBe(one?.content);
});

async function register(name: string): Promise<void> {
  const source = parts.folder.path('user', 'models');
  await mkdir(path.join(source, 'simple/1'), { recursive: true });
  for (const [file, text] of Object.entries(FILES)) await writeFile(parts.folder.path('user', file), text);
  await createModel(parts.workspace, undefined, { name, path: source, type: 'triton_model' }, [], silent);
}

it.each(['verb', 'SDK'])('lets the blobs of a model be read that the %s registered', async (side) => {
  if (side === 'SDK')
    await putModel('digits:1', { modelUri: await parts.upload('aa', FILES), modelType: 'triton_model' });
  else await register('digits');
  const { json } = await parts.send('GET', 'models/digits/versions/1');
  expect(json.properties.modelType).toBe('triton_model');
  const [, prefix] = /\/paths\/(.*)$/.exec(json.properties.modelUri) ?? [];
  const query = `restype=container&comp=list&include=metadata&prefix=${prefix}`;
  const list = await parts.blob('GET', `${CONTAINER}?${query}`);
  expect([...list.text.matchAll(/<Name>([^<]*)/g)].map(([, name]) => name)).toEqual([
    `${prefix}/simple/1/model.py`,
    `${prefix}/simple/config.pbtxt`,
  ]);
  expect((await parts.blob('GET', `${prefix}/simple/1/model.py`)).text).toBe('pass');
  expect((await parts.blob('PUT', `${prefix}/simple/1/model.py`, { body: 'other' })).status).toBe(409);
});

it('counts versions on from those of the verbs', async () => {
  expect((await parts.send('GET', 'models/digits')).status).toBe(404);
  await register('digits');
  const { json } = await parts.send('GET', 'models/digits');
  expect(json.properties).toMatchObject({ latestVersion: '1', nextVersion: '2' });
});

it('lists the newest first, up to $top, and nothing for an unknown name', async () => {
  const modelUri = await parts.upload('aa', FILES);
  for (const version of ['1', '2', 'beta']) await putModel(`digits:${version}`, { modelUri });
  await putModel('other:1', { modelUri });
  expect(names(await parts.send('GET', 'models/digits/versions'))).toEqual(['beta', '2', '1']);
  const top = await parts.send('GET', 'models/digits/versions?$orderBy=createdtime%20desc&$top=1');
  expect(names(top)).toEqual(['beta']);
  expect(names(await parts.send('GET', 'models'))).toEqual(['other', 'digits']);
  expect((await parts.send('GET', 'models/unknown/versions')).json).toEqual({ value: [] });
  expect((await parts.send('GET', 'models/digits/versions?$top=all')).status).toBe(400);
});

it('archives a version: only a reference by version finds it', async () => {
  const modelUri = await parts.upload('aa', FILES);
  for (const version of ['1', '2']) await putModel(`digits:${version}`, { modelUri });
  const { json } = await parts.send('GET', 'models/digits/versions/2');
  const put = await putModel('digits:2', { ...json.properties, isArchived: true });
  expect(put).toMatchObject({ status: 200, json: { properties: { isArchived: true } } });
  expect(names(await parts.send('GET', 'models/digits/versions'))).toEqual(['1']);
  expect(names(await parts.send('GET', 'models/digits/versions?listViewType=ArchivedOnly'))).toEqual(['2']);
  expect(names(await parts.send('GET', 'models/digits/versions?listViewType=All'))).toEqual(['2', '1']);
  expect(await listModels(parts.workspace, {})).toMatchObject([{ id: 'digits:1' }]);
  expect(await showModel(parts.workspace, { name: 'digits' })).toMatchObject({ version: 1 });
  expect(await showModel(parts.workspace, { id: 'digits:2' })).toMatchObject({ version: 2 });
  await putModel('digits:2', { ...json.properties, isArchived: false });
  expect(names(await parts.send('GET', 'models/digits/versions'))).toEqual(['2', '1']);
});

it('archives all versions of a name, and restores none of them alone', async () => {
  const modelUri = await parts.upload('aa', FILES);
  await putModel('digits:1', { modelUri, isArchived: true });
  await putModel('digits:2', { modelUri });
  const archive = { body: { properties: { isArchived: true } } };
  expect((await parts.send('PUT', 'models/digits', archive)).json.properties.isArchived).toBe(true);
  expect(names(await parts.send('GET', 'models'))).toEqual([]);
  expect(await listModels(parts.workspace, {})).toEqual([]);
  const restored = await putModel('digits:1', { modelUri, isArchived: false });
  expect(restored).toMatchObject({ status: 400, json: { error: { code: 'UserError' } } });
  await parts.send('PUT', 'models/digits', { body: { properties: { isArchived: false } } });
  expect(names(await parts.send('GET', 'models/digits/versions'))).toEqual(['2']);
});

it('refuses other content for a version with 409, and changes nothing', async () => {
  await putModel('digits:1', { modelUri: await parts.upload('aa', FILES), description: 'first' });
  const other = await parts.upload('bb', { ...FILES, 'models/simple/1/model.py': 'other' });
  await expect(putModel('digits:1', { modelUri: other, description: 'second' })).resolves.toMatchObject({
    status: 409,
  });
  expect((await parts.send('GET', 'models/digits/versions/1')).json.properties.description).toBe('first');
  // The same files in another upload are the same content.
  const same = await parts.upload('cc', FILES);
  expect((await putModel('digits:1', { modelUri: same, description: 'third' })).status).toBe(200);
});

it('replaces an anonymous model, and shows it in no list', async () => {
  const put = async (hash: string, files: Readonly<Record<string, string>>) =>
    putModel('abc:1', { modelUri: await parts.upload(hash, files), isAnonymous: true });
  expect((await put('aa', { 'models/a': 'a' })).status).toBe(201);
  const again = await put('bb', { 'triton_models/a': 'a' });
  expect(again.status).toBe(200);
  expect(again.json.properties.modelUri).toMatch(/\/triton_models$/);
  expect(await listModels(parts.workspace, {})).toEqual([]);
  expect(names(await parts.send('GET', 'models'))).toEqual([]);
  expect((await parts.send('GET', 'models/abc')).status).toBe(404);
  expect((await parts.send('GET', 'models/abc/versions/1')).status).toBe(200);
  expect(await showModel(parts.workspace, { id: 'abc:1' })).toMatchObject({ version: 1 });
  // The content of the one that was replaced is gone.
  expect(await readdir(parts.folder.path('workspace', 'models'))).toHaveLength(1);
});

it('keeps a model although its upload is replaced or removed', async () => {
  await putModel('digits:1', { modelUri: await parts.upload('aa', FILES) });
  await parts.upload('aa', { 'models/simple/1/model.py': 'other' });
  await parts.blob('DELETE', 'LocalUpload/aa/models/simple/config.pbtxt');
  const target = await downloadModel(parts.workspace, { id: 'digits:1' }, parts.folder.path('down'), false);
  expect(await readFile(path.join(target, 'simple/1/model.py'), 'utf8')).toBe('pass');
  expect(await readFile(path.join(target, 'simple/config.pbtxt'), 'utf8')).toBe('backend: "python"');
});

it('deletes a version once', async () => {
  await putModel('digits:1', { modelUri: await parts.upload('aa', FILES) });
  expect((await parts.send('DELETE', 'models/digits/versions/1')).status).toBe(200);
  expect((await parts.send('DELETE', 'models/digits/versions/1')).status).toBe(204);
});

it('registers a model from the content of another', async () => {
  await registerModel(
    parts.workspace,
    {
      name: 'source',
      path: import.meta.filename,
      description: null,
      framework: 'Custom',
      frameworkVersion: null,
      tags: {},
      properties: {},
      runId: null,
      experimentName: null,
      sampleInputDatasetId: null,
      sampleOutputDatasetId: null,
      resourceConfiguration: null,
    },
    silent,
  );
  const { json } = await parts.send('GET', 'models/source/versions/1');
  expect((await putModel('copy:1', { modelUri: json.properties.modelUri })).status).toBe(201);
});

it.each([
  ['a missing URI', {}, /modelUri is missing/],
  ['a URI that is no text', { modelUri: 7 }, /modelUri is a text, not 7/],
  [
    'the output of a job',
    { modelUri: 'azureml://jobs/j/outputs/artifacts/paths/model/' },
    /Azure's own services/,
  ],
  [
    'an unknown datastore',
    { modelUri: 'azureml://datastores/mine/paths/a/b/c' },
    /datastore mine, which is not here/,
  ],
  [
    'another account',
    { modelUri: 'https://x.blob.core.windows.net/c/a' },
    /not in the storage of this workspace/,
  ],
  [
    'a path that leaves its folder',
    { modelUri: 'azureml://datastores/workspaceblobstore/paths/a/../../b' },
    /segment ".."/,
  ],
  [
    'nothing uploaded',
    { modelUri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/zz/models' },
    /nothing was uploaded/,
  ],
  [
    'an unknown type',
    {
      modelType: 'savedmodel',
      modelUri: 'azureml://datastores/workspaceblobstore/paths/LocalUpload/aa/models',
    },
    /triton_model, custom_model, mlflow_model, not savedmodel/,
  ],
])('refuses %s with a sentence', async (_what, properties, message) => {
  await parts.upload('aa', FILES);
  const { status, json } = await putModel('digits:1', properties);
  expect(status).toBe(400);
  expect(json.error.message).toMatch(message);
  expect((await parts.workspace.read()).models).toEqual([]);
});

it.each(['..', '.hidden', 'a%2Fb', '%00', 'x'.repeat(300)])('refuses the name %j', async (name) => {
  const modelUri = await parts.upload('aa', FILES);
  const { status } = await putModel(`${name}:1`, { modelUri });
  expect(status).toBeGreaterThanOrEqual(400);
  expect((await parts.workspace.read()).models).toEqual([]);
});
