import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AzureCli } from '../../e2e/azure-cli.ts';
import { type Random, randomNumbers } from '../../helpers/fuzz.ts';
import { ControlPlaneClient, WORKSPACE } from './control-plane-client.ts';

const SEED = 16;
const ENDPOINT = `${WORKSPACE}/onlineEndpoints/fuzzed`;

/** A body of each PUT and POST that the SDK sends. */
const BODIES: readonly (readonly [method: string, path: string, body: Record<string, unknown>])[] = [
  [
    'PUT',
    ENDPOINT,
    { location: 'local', properties: { authMode: 'Key', properties: {}, traffic: {}, mirrorTraffic: {} } },
  ],
  ['POST', `${ENDPOINT}/regenerateKeys`, { keyType: 'Primary', keyValue: 'x' }],
  [
    'PUT',
    `${ENDPOINT}/deployments/blue`,
    {
      location: 'local',
      sku: { name: 'Default', capacity: 1 },
      properties: { model: `${WORKSPACE}/models/absent/versions/1`, endpointComputeType: 'Managed' },
    },
  ],
  ['POST', `${ENDPOINT}/deployments/blue/getLogs`, { tail: 50, containerType: 'InferenceServer' }],
  [
    'PUT',
    `${WORKSPACE}/models/m/versions/1`,
    {
      properties: {
        modelType: 'custom_model',
        modelUri: 'azureml://datastores/workspaceblobstore/paths/absent',
      },
    },
  ],
  [
    'PUT',
    `${WORKSPACE}/environments/e/versions/1`,
    { properties: { image: 'any', condaFile: 'dependencies: []' } },
  ],
  [
    'PUT',
    `${WORKSPACE}/codes/c/versions/1`,
    { properties: { codeUri: 'https://127.0.0.1/local/absent', properties: { hash_sha256: 'x' } } },
  ],
  [
    'POST',
    `${WORKSPACE}/codes/c/versions/1/startPendingUpload`,
    { pendingUploadType: 'TemporaryBlobReference' },
  ],
  ['POST', `${WORKSPACE}/datastores/workspaceblobstore/listSecrets`, { expirableSecret: true }],
];

const STRANGE: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x'.repeat(100_000),
  '../../../etc/passwd',
  '\u0000',
  [],
  [[]],
  {},
  { __proto__: null, constructor: { prototype: 1 } },
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
];

/** The value with one member, anywhere in it, removed or replaced by something strange. */
function spoil(value: unknown, random: Random): unknown {
  if (value === null || typeof value !== 'object' || random(4) === 0) return STRANGE[random(STRANGE.length)];
  const entries = Object.entries(value);
  const at = random(entries.length + 1);
  if (at === entries.length) return { ...value, unknown: STRANGE[random(STRANGE.length)] };
  return Object.fromEntries(
    entries.flatMap(([name, member], index) => {
      if (index !== at) return [[name, member]];
      return random(4) === 0 ? [] : [[name, spoil(member, random)]];
    }),
  );
}

describe('bad input of the control plane', () => {
  let az: AzureCli;
  let client: ControlPlaneClient;
  beforeAll(async () => {
    az = await AzureCli.create();
    client = await ControlPlaneClient.start(az);
  });
  afterAll(async () => {
    await client?.[Symbol.asyncDispose]();
    await az?.[Symbol.asyncDispose]();
  });

  const files = async () => {
    const outside = path.dirname(az.home);
    const all = await readdir(outside, { recursive: true });
    return all.filter((name) => !name.startsWith('home') && !name.startsWith('tmp'));
  };

  it('without a token, or with another one: 401, and nothing of the workspace', async () => {
    for (const authorization of [undefined, 'Bearer', 'Bearer x.y.z', `Basic ${client.token}`])
      for (const [method, target] of [
        ...BODIES,
        ['GET', `${WORKSPACE}/onlineEndpoints`],
        ['GET', WORKSPACE],
      ]) {
        const headers = authorization === undefined ? {} : { authorization };
        const { status } = await client.send(String(target), {
          method: String(method),
          headers: { ...headers, 'content-type': 'application/json' },
          ...(method !== 'GET' && { body: '{}' }),
        });
        expect([method, target, authorization, status]).toEqual([method, target, authorization, 401]);
      }
  });

  it('tokens only for a caller with the secret', async () => {
    const url = `${client.environment.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=x`;
    for (const secret of [undefined, '', 'wrong']) {
      const headers: Record<string, string> = secret === undefined ? {} : { 'x-identity-header': secret };
      const answer = url.startsWith('http:')
        ? await fetch(url, { headers })
        : await client.send(new URL(url).pathname + new URL(url).search, { headers });
      expect([401, 403]).toContain(answer.status);
    }
  });

  it('other hosts and origins are refused', async () => {
    for (const headers of [
      { host: 'management.azure.com' },
      { host: 'evil.example' },
      { origin: 'https://evil.example' },
    ]) {
      const { status } = await client.arm(`${WORKSPACE}/onlineEndpoints`, { headers });
      expect([headers, status >= 400 && status < 500]).toEqual([headers, true]);
    }
  });

  it('bodies that are no JSON object: 400 in the shape of ARM', async () => {
    for (const [method, target] of BODIES)
      for (const body of [
        '',
        '{',
        'null',
        '[]',
        '7',
        '"x"',
        '\u0000',
        '{"properties":',
        `${'{"a":'.repeat(10_000)}`,
      ]) {
        const answer = await client.arm(target, { method, body });
        // No body is as good as an empty object where every member is optional.
        if (['', 'null'].includes(body) && answer.status === 200) continue;
        const place = `${method} ${target} ${body.slice(0, 20)} -> ${answer.status} ${answer.body.slice(0, 200)}`;
        expect([400, 404], place).toContain(answer.status);
        expect(JSON.parse(answer.body).error, place).toMatchObject({
          code: expect.any(String),
          message: expect.any(String),
        });
      }
  });

  it(`spoiled members (seed ${SEED}): never a 5xx, and always the shape of ARM`, async () => {
    const random = randomNumbers(SEED);
    for (let round = 0; round < 300; round += 1) {
      const [method, target, good] = BODIES[round % BODIES.length] ?? ['GET', WORKSPACE, {}];
      const body = spoil(good, random);
      const answer = await client.arm(target, { method, body: JSON.stringify(body) });
      const place = `${method} ${target} ${JSON.stringify(body).slice(0, 300)} -> ${answer.status} ${answer.body.slice(0, 300)}`;
      expect(answer.status, place).toBeLessThan(500);
      if (answer.status >= 400)
        expect(JSON.parse(answer.body).error, place).toMatchObject({ message: expect.any(String) });
    }
  });

  const NAMES = [
    '..',
    '%2e%2e',
    '..%2f..%2fescaped',
    '..%5cescaped',
    '%00',
    'a%00b',
    '%',
    '%zz',
    '%ff',
    '-',
    'x'.repeat(300),
    '%0a',
    'a%20b',
    '.hidden',
    'CON',
    '__proto__',
  ];

  it('malformed names: 4xx, and nothing is written outside the workspace', async () => {
    const before = await files();
    for (const name of NAMES)
      for (const target of [
        `${WORKSPACE}/onlineEndpoints/${name}`,
        `${ENDPOINT}/deployments/${name}`,
        `${WORKSPACE}/models/${name}/versions/1`,
        `${WORKSPACE}/models/m/versions/${name}`,
        `${WORKSPACE}/environments/${name}/versions/1`,
        `${WORKSPACE}/codes/${name}/versions/1/startPendingUpload`,
      ]) {
        const method = target.endsWith('Upload') ? 'POST' : 'PUT';
        const { status, body } = await client.arm(target, {
          method,
          body: { properties: { image: 'any', properties: {} } },
        });
        expect(status, `${method} ${target} -> ${status} ${body.slice(0, 200)}`).toBeLessThan(500);
      }
    expect(await files()).toEqual(before);
  });

  it('blobs: traversal, bad signatures, bad blocks', async () => {
    const secrets = await client.arm(`${WORKSPACE}/datastores/workspaceblobstore/listSecrets`, {
      method: 'POST',
      body: {},
    });
    const { sasToken } = JSON.parse(secrets.body);
    const before = await files();
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'x-ms-version': '2026-10-06' };
    const put = (target: string, more: Record<string, string> = {}) =>
      client.send(target, { method: 'PUT', headers: { ...headers, ...more }, body: 'escaped' });

    for (const signature of ['', '?', '?sig=wrong', `?${sasToken.replace(/sig=[^&]*/, 'sig=')}`])
      expect([401, 403]).toContain((await put(`/local/azureml-blobstore/LocalUpload/a${signature}`)).status);
    for (const name of [
      '../../escaped',
      '%2e%2e/%2e%2e/escaped',
      '..%2f..%2fescaped',
      '..%5c..%5cescaped',
      'a%00b',
      'a/../../../escaped',
      '/etc/escaped',
      '%zz',
      `${'x'.repeat(300)}`,
      `${'y/'.repeat(2_000)}z`,
    ]) {
      const { status, body } = await put(`/local/azureml-blobstore/${name}?${sasToken}`);
      expect(status, `${name.slice(0, 60)} -> ${status} ${body.slice(0, 200)}`).toBeLessThan(500);
      expect(status, name.slice(0, 60)).toBeGreaterThanOrEqual(400);
    }
    for (const container of ['..', '%2e%2e', 'UPPER', 'a%2fb', '']) {
      const { status } = await put(`/local/${container}/x?${sasToken}`);
      expect(status, container).toBeGreaterThanOrEqual(400);
      expect(status, container).toBeLessThan(500);
    }
    const blob = `/local/azureml-blobstore/LocalUpload/abc/file`;
    expect((await put(`${blob}?${sasToken}`, { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' })).status).toBe(
      400,
    );
    for (const query of [
      'comp=block',
      'comp=block&blockid=%25',
      'comp=block&blockid=..%2f..%2fx',
      'comp=nothing',
    ])
      expect((await put(`${blob}?${query}&${sasToken}`)).status, query).toBe(400);
    for (const list of [
      '',
      '<BlockList>',
      '<BlockList><Latest>bm9uZQ==</Latest></BlockList>',
      'x'.repeat(1_000),
    ]) {
      const target = `${blob}?comp=blocklist&${sasToken}`;
      const { status } = await client.send(target, { method: 'PUT', headers, body: list });
      expect(status, list.slice(0, 40)).toBe(400);
    }
    expect((await client.send(`${blob}?${sasToken}`)).status).toBe(404);
    expect(await files()).toEqual(before);
  });

  it('answers as before, afterwards', async () => {
    expect((await client.arm(`${WORKSPACE}/onlineEndpoints`)).status).toBe(200);
  });
});
