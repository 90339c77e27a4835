import path from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ControlPlane, startControlPlane } from '../../../src/controlplane/control-plane.ts';
import type { EventBody } from '../../../src/events/index.ts';
import {
  AzureWorkspace,
  controlPlaneSecrets,
  issueToken,
  localCertificate,
} from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const WS = '/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws';
const ENDPOINT = `${WS}/onlineEndpoints/my-endpoint`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: { readonly error?: { readonly code: string; readonly message: string } };
}

describe('the control plane', () => {
  let folder: TempFolder;
  let workspace: AzureWorkspace;
  let plane: ControlPlane;
  let agent: Agent;
  let token: string;
  const events: EventBody[] = [];

  beforeAll(async () => {
    folder = await TempFolder.create('tl-control-plane-');
    const home = folder.directory;
    workspace = await AzureWorkspace.open(path.join(home, 'workspace', 'default.json'));
    const { cert, key, authority } = await localCertificate(home);
    const secrets = await controlPlaneSecrets(home);
    plane = await startControlPlane({
      port: 0,
      certificate: { cert, key },
      secrets,
      workspace,
      // Nothing can be started here: these tests are of refusals.
      host: { command: [process.execPath, '-e', 'process.exit(1)'], environment: process.env, home },
      events: { emit: (event) => events.push(event) },
      blobDirectory: path.join(home, 'blobs'),
    });
    token = issueToken(secrets.tokenKey, plane.origin).token;
    agent = new Agent({ connect: { ca: authority, checkServerIdentity: () => undefined } });
  });
  afterAll(async () => {
    await agent.close();
    await plane[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function send(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    target: string,
    { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: string } = {},
  ): Promise<Answer> {
    const {
      statusCode,
      headers: answered,
      body: stream,
    } = await request(`${plane.origin}${target}`, {
      method,
      dispatcher: agent,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body }),
    });
    const text = await stream.text();
    return { status: statusCode, headers: answered, body: text === '' ? {} : JSON.parse(text) };
  }

  const put = (target: string, body: unknown) => send('PUT', target, { body: JSON.stringify(body) });

  it('refuses callers without its token, and says how to get one', async () => {
    for (const authorization of ['', 'Basic abc', 'Bearer a.b.c', `Bearer ${token}x`]) {
      const { status, headers, body } = await send('GET', ENDPOINT, { headers: { authorization } });
      expect(status).toBe(401);
      expect(headers['www-authenticate']).toMatch(
        /^Bearer authorization_uri="https:\/\/127\.0\.0\.1:\d+\/common"/,
      );
      expect(body.error?.code).toBe('AuthenticationFailed');
    }
  });

  it.each([
    ['a foreign host', { host: 'example.com' }],
    ['a web page', { origin: 'https://example.com' }],
  ])('refuses %s', async (_name, headers) => {
    expect(await send('GET', ENDPOINT, { headers })).toMatchObject({
      status: 403,
      body: { error: { code: 'AuthorizationFailed' } },
    });
  });

  it('matches the segments of a path without regard to case', async () => {
    const lower = ENDPOINT.replace(/(?<=sub\/).*(?=ws)/, (text) => text.toLowerCase());
    expect(await send('GET', `${WS}/ONLINEENDPOINTS?api-version=2022-02-01-preview`)).toMatchObject({
      status: 200,
      body: { value: [] },
    });
    expect(await send('GET', lower)).toMatchObject({
      status: 404,
      body: { error: { code: 'ResourceNotFound' } },
    });
  });

  it.each([
    ['a body that is no JSON', '{"properties": '],
    ['an empty body', ''],
    ['a list', '[]'],
    ['missing properties', '{"location": "local"}'],
    ['a percentage as text', '{"properties": {"traffic": {"blue": "100"}}}'],
    ['a fraction of a percent', '{"properties": {"traffic": {"blue": 0.5}}}'],
  ])('answers 400 for %s, and records nothing', async (_name, body) => {
    expect(await send('PUT', ENDPOINT, { body })).toMatchObject({
      status: 400,
      body: { error: { code: 'InvalidRequestContent', message: expect.stringContaining('') } },
    });
    expect(await send('GET', `${WS}/onlineEndpoints`)).toMatchObject({ body: { value: [] } });
  });

  it.each([
    ['a name that is too short', `${WS}/onlineEndpoints/ab`, {}, /at least 3/],
    ['a name that leaves the folder', `${WS}/onlineEndpoints/..%2f..%2fetc`, {}, /must start with/],
    ['a null byte', `${WS}/onlineEndpoints/abc%00`, {}, /must start with/],
    ['an unknown auth mode', ENDPOINT, { authMode: 'Password' }, /authMode/],
    [
      'traffic to a deployment that does not exist',
      ENDPOINT,
      { traffic: { blue: 100 } },
      /blue .*does not exist/,
    ],
    ['traffic of 120 percent', ENDPOINT, { traffic: { blue: 60, green: 60 } }, /sum/],
    ['mirrored traffic of 60 percent', ENDPOINT, { mirrorTraffic: { blue: 60 } }, /from 0 to 50/],
    ['two mirrors', ENDPOINT, { mirrorTraffic: { blue: 10, green: 10 } }, /one deployment only/],
  ])('answers 400 for %s', async (_name, target, properties, message) => {
    const { status, body } = await put(target, { properties });
    expect([status, body.error?.message]).toEqual([400, expect.stringMatching(message)]);
  });

  it('answers 404 for what belongs to an endpoint that does not exist', async () => {
    for (const answer of [
      await send('GET', ENDPOINT),
      await send('GET', `${ENDPOINT}/deployments`),
      await put(`${ENDPOINT}/deployments/blue`, { properties: { model: `${WS}/models/m/versions/1` } }),
      await send('POST', `${ENDPOINT}/listKeys`),
      await send('POST', `${ENDPOINT}/deployments/blue/getLogs`, { body: '{"tail": 5}' }),
    ])
      expect(answer).toMatchObject({ status: 404, body: { error: { code: 'ResourceNotFound' } } });
  });

  it('finds an endpoint and its deployment under names that differ in case only', async () => {
    const deployment = {
      ...{ name: 'Blue', modelId: null, entryScript: null, environmentId: null, running: null },
      ...{ tags: {}, properties: {}, definition: {}, createdTime: '2026-11-28T00:00:00.000Z' },
    };
    await workspace.changeEndpoint('my-cased', () => ({
      ...{ name: 'my-cased', authMode: 'key', profile: 'none', description: null, running: null },
      ...{ tags: {}, properties: {}, traffic: {}, definition: {}, deployments: [deployment as never] },
      createdTime: '2026-11-28T00:00:00.000Z',
    }));
    const endpoint = `${WS}/onlineEndpoints/My-Cased`;
    expect(await send('GET', endpoint)).toMatchObject({ status: 200, body: { name: 'my-cased' } });
    expect(await send('POST', `${endpoint}/listKeys`)).toMatchObject({ status: 200 });
    expect(await put(endpoint, { properties: { traffic: { blue: 100 } } })).toMatchObject({
      status: 200,
      body: { name: 'my-cased' },
    });
    await plane.settled();
    expect((await workspace.read()).endpoints.map(({ name }) => name)).toEqual(['my-cased']);
    expect(await send('GET', `${endpoint}/deployments/BLUE`)).toMatchObject({
      status: 200,
      body: { name: 'Blue' },
    });
    // Not 204, which leaves it running.
    expect(await send('DELETE', endpoint)).toMatchObject({ status: 202 });
    await plane.settled();
    expect((await workspace.read()).endpoints).toEqual([]);
  });

  it.each([
    ['GET', '/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/local/vmSizes'],
    ['GET', `${WS}/capabilityHosts/x`],
    ['POST', `${WS}/listKeys`],
    ['PUT', WS],
    ['DELETE', WS],
  ] as const)('says that %s %s is not emulated', async (method, target) => {
    expect(await send(method, target)).toMatchObject({
      status: 400,
      body: { error: { code: 'NotSupported', message: expect.stringContaining('is not emulated') } },
    });
  });

  it('answers 204 when there is nothing to delete', async () => {
    expect(await send('DELETE', ENDPOINT)).toMatchObject({ status: 204 });
  });

  it('reports the failure of an operation to whoever polls it', async () => {
    const { status, headers, body } = await put(ENDPOINT, { properties: { authMode: 'Key' } });
    expect([status, body]).toEqual([201, expect.objectContaining({ name: 'my-endpoint' })]);
    expect(headers['retry-after-ms']).toBe('200');
    const url = new URL(String(headers['azure-asyncoperation']));
    expect(url.origin).toBe(plane.origin);
    await vi.waitFor(async () => {
      expect(await send('GET', `${url.pathname}${url.search}`)).toMatchObject({
        status: 200,
        body: {
          status: 'Failed',
          error: { code: 'InternalError', message: expect.stringContaining('ended') },
        },
      });
    }, 30_000);
    const failed = await send('GET', ENDPOINT);
    expect(failed.body).toMatchObject({ properties: { provisioningState: 'Failed' } });
    await send('DELETE', ENDPOINT);
    await plane.settled();
    expect(await send('GET', ENDPOINT)).toMatchObject({ status: 404 });
  });

  it('emits one event per call, without its query', async () => {
    events.length = 0;
    const { headers } = await send('GET', `${WS}/onlineEndpoints?sig=secret`);
    await vi.waitFor(() => {
      expect(events).toMatchObject([
        { type: 'azure.request', id: headers['x-ms-request-id'], method: 'GET', status: 200 },
      ]);
    });
    expect(JSON.stringify(events)).not.toContain('secret');
  });
});
