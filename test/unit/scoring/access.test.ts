import { afterEach, describe, expect, it } from 'vitest';
import { initialState } from '../../../src/events/index.ts';
import { ask, requestText } from './raw-http.ts';
import { FakePool, startService, type TestService } from './service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

const send = (method: string, target: string, extra: readonly string[] = [], body = '') =>
  ask(service.port, requestText(method, target, extra, body));

describe('keys', () => {
  const start = async () => {
    service = await startService(new FakePool(), { keys: ['first-key', 'zweiter-schlüssel'] });
  };

  it('lets no request through without one of them', async () => {
    await start();
    for (const field of [
      [],
      ['Authorization: Bearer'],
      ['Authorization: Bearer first-ke'],
      ['Authorization: Bearer first-key2'],
      ['Authorization: first-key'],
      ['Authorization: Basic first-key'],
      ['Authorization: Bearer first-key', 'Authorization: Bearer first-key'],
    ]) {
      const answer = await send('POST', '/score', field, '{}');
      expect(answer.status).toBe(401);
      expect(answer.header('content-type')).toBe('text/plain');
      expect(answer.header('x-triton-local-generation')).toBe('1');
    }
    expect((await send('GET', '/nowhere')).status).toBe(401);
    expect((await send('POST', '/')).status).toBe(401);
    expect(JSON.stringify(service.events)).not.toContain('first-ke');
  });

  it('takes each of them, with the scheme in any case', async () => {
    await start();
    for (const field of ['Bearer first-key', 'bearer  first-key', 'Bearer zweiter-schl\xc3\xbcssel'])
      expect((await send('POST', '/score', [`Authorization: ${field}`], '{}')).status).toBe(200);
  });

  it('asks none for the health probe', async () => {
    await start();
    expect((await send('GET', '/')).status).toBe(200);
    expect((await send('GET', '//')).status).toBe(200);
  });
});

describe('GET /_triton-local/status', () => {
  it('tells what runs', async () => {
    service = await startService(new FakePool(undefined, 3));
    const error = { code: 'MODEL_LOAD_FAILED', message: 'dims differ', file: '/p/ü/config.pbtxt', line: 3 };
    const failure = { time: '2026-01-01T00:00:00.000Z', targets: ['model ü'], error, olderServes: true };
    service.source.now = {
      ...initialState,
      state: 'ready',
      startedAt: new Date(Date.now() - 5_000).toISOString(),
      engine: { kind: 'embedded', gpu: null, reason: 'nothing else is there', version: '2.51.0' },
      stale: true,
      models: [{ name: 'ü', version: '1', state: 'READY', reason: '' }],
      failures: [failure],
    };
    const answer = await send('GET', '/_triton-local/status');
    expect(answer.status).toBe(200);
    expect(answer.header('x-triton-local-generation')).toBe('3');
    expect(answer.header('x-triton-local-stale')).toBe('true');
    const status = JSON.parse(answer.body.toString());
    expect(status).toEqual({
      state: 'ready',
      uptimeSeconds: expect.any(Number),
      engine: { kind: 'embedded', gpu: null, reason: 'nothing else is there', version: '2.51.0' },
      generation: 3,
      stale: true,
      blockers: [],
      failures: [failure],
      models: [{ name: 'ü', version: '1', state: 'READY', reason: 'dims differ', failure: error }],
      statistics: [],
      workers: [{ pid: 42, state: 'ready', busy: false }],
      workersDied: 0,
      reload: null,
      watching: null,
    });
    expect(status.uptimeSeconds).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ['a host that is not loopback', 'GET /_triton-local/status HTTP/1.1\r\nHost: example.com\r\n'],
    [
      'a host that only begins like one',
      'GET /_triton-local/status HTTP/1.1\r\nHost: localhost.example.com\r\n',
    ],
    [
      'a number that only begins like one',
      'GET /_triton-local/status HTTP/1.1\r\nHost: 127.0.0.1.example.com\r\n',
    ],
    ['no host', 'GET /_triton-local/status HTTP/1.1\r\n'],
    ['two hosts', 'GET /_triton-local/status HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n'],
    [
      'a foreign origin',
      'GET //_triton-local/status HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.test\r\n',
    ],
    ['an opaque origin', 'GET /_triton-local/status HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n'],
    [
      "another port's origin",
      'GET /_triton-local HTTP/1.1\r\nHost: localhost:1\r\nOrigin: http://localhost:2\r\n',
    ],
  ])('refuses %s', async (_case, request) => {
    service = await startService();
    const answer = await ask(service.port, `${request}Connection: close\r\n\r\n`);
    expect([400, 403]).toContain(answer.status);
    expect(answer.body.toString()).not.toContain('uptime');
  });

  it.each(['localhost', 'LOCALHOST:6789', '127.0.0.1:1', '127.9.9.9', '[::1]:6789'])(
    'answers host %s and its own origin',
    async (host) => {
      service = await startService();
      const head = `GET /_triton-local/status HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\n`;
      expect((await ask(service.port, `${head}Connection: close\r\n\r\n`)).status).toBe(200);
    },
  );

  it('knows no other path and only reads, and asks for no key', async () => {
    service = await startService(new FakePool(), { keys: ['k'] });
    expect((await send('GET', '/_triton-local/status')).status).toBe(200);
    expect((await send('GET', '/_triton-local/reload')).status).toBe(404);
    expect((await send('GET', '/_triton-local')).status).toBe(404);
    expect((await send('POST', '/_triton-local/status', [], '{}')).status).toBe(405);
    expect(service.requestEvents()).toHaveLength(0);
  });
});
