import { afterEach, beforeEach, expect, it } from 'vitest';
import { listModels } from '../../../src/azureml/index.ts';
import { sweepUploads } from '../../../src/controlplane/blob/sweep.ts';
import { ArmParts } from '../../helpers/arm-parts.ts';
import { listFiles } from '../../helpers/listed-files.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

const HOUR_MS = 3_600_000;
const blobs = () => parts.folder.path('blobs');
const later = (hours: number) => Date.now() + hours * HOUR_MS;
const octets = { 'content-type': 'application/octet-stream' };

it('removes the blocks of a blob that was never finished after a day, and the upload after a month', async () => {
  await parts.upload('aa', { 'models/a': 'a' });
  await parts.blob('PUT', 'LocalUpload/aa/models/b?comp=block&blockid=AAAA', { body: 'b', headers: octets });
  await sweepUploads(blobs(), later(23));
  expect(await listFiles(blobs())).toHaveLength(3);
  await sweepUploads(blobs(), later(25));
  expect(await listFiles(blobs())).toHaveLength(2);
  expect((await parts.blob('GET', 'LocalUpload/aa/models/a')).text).toBe('a');
  await sweepUploads(blobs(), later(31 * 24));
  expect(await listFiles(blobs())).toEqual([]);
});

it('keeps what was registered from an upload that was removed', async () => {
  const modelUri = await parts.upload('aa', { 'models/a': 'a' });
  await parts.send('PUT', 'models/digits/versions/1', { body: { properties: { modelUri } } });
  await sweepUploads(blobs(), later(31 * 24));
  const { json } = await parts.send('GET', 'models/digits/versions/1');
  const [, name] = /\/paths\/(.*)$/.exec(json.properties.modelUri) ?? [];
  expect((await parts.blob('GET', `${name}/a`)).text).toBe('a');
});

it('removes anonymous assets that no deployment names, with their content', async () => {
  const model = async (id: string, properties: object) => {
    const modelUri = await parts.upload(id, { [`${id}/a`]: id });
    await parts.send('PUT', `models/${id}/versions/1`, { body: { properties: { modelUri, ...properties } } });
  };
  await model('named', {});
  await model('used', { isAnonymous: true });
  await model('unused', { isAnonymous: true });
  const codeUri = 'https://127.0.0.1:1/local/azureml-blobstore/LocalUpload/unused/unused';
  await parts.send('PUT', 'codes/c/versions/1', { body: { properties: { codeUri, isAnonymous: true } } });
  await parts.workspace.changeEndpoint('e', () => ({
    name: 'e',
    authMode: 'key',
    profile: 'none',
    description: null,
    tags: {},
    properties: {},
    traffic: {},
    mirrorTraffic: {},
    createdTime: '2026-11-28T00:00:00.000Z',
    definition: { model: 'azureml:used:1' },
    running: null,
    deployments: [],
  }));
  await parts.workspace.removeUnusedAssets(new Date(later(-1)).toISOString());
  expect((await parts.workspace.read()).models).toHaveLength(3);
  await parts.workspace.removeUnusedAssets(new Date(later(1)).toISOString());
  const { models, codes } = await parts.workspace.read();
  expect([models.map(({ name }) => name), codes]).toEqual([['named', 'used'], []]);
  expect(await listModels(parts.workspace, {})).toMatchObject([{ id: 'named:1' }]);
  expect(await listFiles(parts.folder.path('workspace'))).toEqual(['a', 'a']);
});
