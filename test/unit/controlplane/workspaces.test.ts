import { afterEach, beforeEach, expect, it } from 'vitest';
import { ArmParts, SIGNATURE, WORKSPACE } from '../../helpers/arm-parts.ts';

let parts: ArmParts;
beforeEach(async () => {
  parts = await ArmParts.start();
});
afterEach(() => parts[Symbol.asyncDispose]());

it('is any workspace that is asked for', async () => {
  const { json } = await parts.send('GET', WORKSPACE.replace('resourceGroups', 'resourcegroups'));
  expect(json).toMatchObject({
    id: WORKSPACE,
    name: 'w',
    location: 'local',
    properties: { friendlyName: 'w', containerRegistry: expect.stringContaining('/registries/') },
  });
  const list = await parts.send('GET', WORKSPACE.replace(/\/w$/, ''));
  expect(list.json.value).toMatchObject([{ type: 'Microsoft.MachineLearningServices/workspaces' }]);
});

it('makes the URL of its blobs from the datastore as the SDK does', async () => {
  const { json } = await parts.send('GET', 'datastores/workspaceblobstore');
  const { accountName, endpoint, containerName, protocol } = json.properties;
  const account = new URL(`${protocol}://${accountName}.blob.${endpoint}`);
  expect(account.origin + account.pathname).toBe('https://127.0.0.1:1/local/');
  expect(containerName).toBe('azureml-blobstore');
  const defaults = await parts.send('GET', 'datastores?isDefault=true');
  expect(defaults.json.value).toMatchObject([
    { name: 'workspaceblobstore', properties: { isDefault: true } },
  ]);
  const secrets = await parts.send('POST', 'datastores/workspaceblobstore/listsecrets', {
    body: { expirableSecret: true, expireAfterHours: 1 },
  });
  expect(secrets.json.secretsType).toBe('Sas');
  expect(new URLSearchParams(secrets.json.sasToken).get('sig')).toBe(SIGNATURE);
  expect((await parts.send('GET', 'datastores/mine')).status).toBe(404);
});

it('lists the Kubernetes clusters that endpoints name', async () => {
  expect((await parts.send('GET', 'computes')).json).toEqual({ value: [] });
  await parts.workspace.changeEndpoint('e', () => ({
    name: 'e',
    authMode: 'key',
    profile: 'none',
    description: null,
    tags: {},
    properties: {},
    traffic: {},
    createdTime: '2026-11-28T00:00:00.000Z',
    definition: { compute: 'azureml:aks1' },
    running: null,
    deployments: [],
  }));
  expect((await parts.send('GET', 'computes')).json.value).toMatchObject([
    { name: 'aks1', properties: { computeType: 'Kubernetes' } },
  ]);
  expect((await parts.send('GET', 'computes/aks1')).status).toBe(200);
  expect((await parts.send('GET', 'computes/aks2')).status).toBe(404);
});

it('keeps the data asset of what a deployment collects', async () => {
  const properties = {
    dataType: 'uri_folder',
    dataUri: 'azureml://datastores/workspaceblobstore/paths/x',
    isAnonymous: false,
  };
  expect((await parts.send('PUT', 'data/inputs/versions/1', { body: { properties } })).status).toBe(201);
  const { json } = await parts.send('GET', 'data/inputs/versions/1');
  expect(json).toMatchObject({ name: '1', properties });
  expect((await parts.send('GET', 'data/inputs/versions')).json.value).toHaveLength(1);
});

it.each([
  ['GET', 'jobs', 400, /Jobs run on compute clusters/],
  ['PUT', 'jobs/a', 400, /not emulated/],
  ['GET', 'batchEndpoints/a/deployments', 400, /Batch endpoints/],
  ['POST', 'models/digits/versions/1/package', 400, /images that Azure builds/],
  ['PUT', 'computes/aks1', 400, /one of type null is not emulated/],
  ['PUT', 'datastores/mine', 400, /accounts of Azure Storage/],
] as const)('refuses %s %s with a sentence', async (method, path, status, message) => {
  const answer = await parts.send(method, path, method === 'GET' ? {} : { body: { properties: {} } });
  expect(answer.status).toBe(status);
  expect(answer.json.error.message).toMatch(message);
});

it('keeps the Kubernetes clusters that are attached, and refuses other computes', async () => {
  const cluster = '/subscriptions/s/managedClusters/mine';
  const body = { location: 'local', properties: { computeType: 'Kubernetes', resourceId: cluster } };
  const attached = await parts.send('PUT', 'computes/aks1', { body });
  expect([attached.status, attached.json.properties.provisioningState]).toEqual([200, 'Succeeded']);
  expect((await parts.send('GET', 'computes')).json.value).toMatchObject([
    { name: 'aks1', properties: { resourceId: cluster, computeType: 'Kubernetes' } },
  ]);
  for (const computeType of ['AmlCompute', 'ComputeInstance', undefined, 3, {}]) {
    const refused = await parts.send('PUT', 'computes/c1', { body: { properties: { computeType } } });
    expect([refused.status, refused.json.error.code]).toEqual([400, 'NotSupported']);
  }
  expect((await parts.send('PUT', 'computes/a%2Fb', { body })).status).toBe(400);
  expect((await parts.send('DELETE', 'computes/aks1?underlyingResourceAction=Detach')).status).toBe(200);
  expect((await parts.send('GET', 'computes/aks1')).status).toBe(404);
});
