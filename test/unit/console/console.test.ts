import { fastify } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { statusDocument } from '../../../src/console/status-document.ts';
import { statusSchema } from '../../../src/console/status-schema.ts';
import { initialState } from '../../../src/events/index.ts';
import { ask, requestText } from '../scoring/raw-http.ts';
import { FakePool, startService, type TestService } from '../scoring/service.ts';

let service: TestService;
afterEach(() => service[Symbol.asyncDispose]());

const send = (method: string, target: string, extra: readonly string[] = [], body = '') =>
  ask(service.port, requestText(method, target, extra, body));

describe('GET /_triton-local/status', () => {
  it('describes what runs', async () => {
    service = await startService(new FakePool(undefined, 3));
    const error = { code: 'MODEL_LOAD_FAILED', message: 'dims differ', file: '/p/ü/config.pbtxt', line: 3 };
    const failure = { time: '2026-01-01T00:00:00.000Z', targets: ['model ü'], error, olderServes: true };
    service.source.now = {
      ...initialState,
      state: 'ready',
      scoringUri: 'http://localhost:6789/score',
      httpUrl: 'http://127.0.0.1:8000',
      metricsUrl: 'http://127.0.0.1:8002/metrics',
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
      addresses: {
        scoring: 'http://localhost:6789/score',
        http: 'http://127.0.0.1:8000',
        grpc: null,
        metrics: 'http://127.0.0.1:8002/metrics',
      },
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

  it('is the same JSON, key for key and in ASCII, as the document it is made of', async () => {
    service = await startService(new FakePool(undefined, 3));
    service.source.now = { ...initialState, state: 'ready', watching: { mode: 'off', reason: 'ü "☃"' } };
    const answer = await send('GET', '/_triton-local/status');
    const expected = JSON.stringify(statusDocument(service.source))
      .replace('ü', '\\u00fc')
      .replace('☃', '\\u2603');
    expect(answer.body.toString('latin1')).toBe(expected);
    expect(answer.header('content-type')).toBe('application/json');
    expect(answer.header('content-length')).toBe(String(expected.length));
    expect(answer.header('cache-control')).toBe('no-store');
    const head = await send('HEAD', '/_triton-local/status');
    expect([head.status, head.header('content-length')]).toEqual([200, String(expected.length)]);
  });

  it.each([
    '//_triton-local//status',
    '/%5ftriton-local/status?x=1',
    'http://localhost/_triton-local/status',
  ])('is also at %s', async (target) => {
    service = await startService();
    expect((await send('GET', target)).status).toBe(200);
  });

  it('has a schema that names each of its fields and holds for a full and an empty state', async () => {
    service = await startService(new FakePool(undefined, 3));
    const error = { code: 'MODEL_LOAD_FAILED', message: 'dims differ', file: '/p/config.pbtxt', line: 3 };
    const time = '2026-01-01T00:00:00.000Z';
    const full = {
      ...initialState,
      startedAt: time,
      engine: { kind: 'native' as const, gpu: null, reason: '', version: null },
      failures: [{ time, targets: ['model m'], error, olderServes: true }],
      models: [{ name: 'm', version: '1', state: 'READY' as const, reason: '' }],
      reload: { outcome: 'failed' as const, time, actions: [], causes: ['m/1'], timings: null, error },
      watching: { mode: 'events' as const, reason: '' },
    };
    const validator = fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false } } });
    validator.post('/', { schema: { body: statusSchema } }, async () => 'valid');
    for (const state of [initialState, full]) {
      const document = statusDocument({ ...service.source, state: () => state });
      expect(Object.keys(statusSchema.properties)).toEqual(Object.keys(document));
      const { body } = await validator.inject({ method: 'POST', url: '/', payload: document });
      expect(body).toBe('valid');
      const { statusCode } = await validator.inject({
        method: 'POST',
        url: '/',
        payload: { ...document, generation: 'x' },
      });
      expect(statusCode).toBe(400);
    }
    await validator.close();
  });

  it('knows no other path and only reads, and asks for no key', async () => {
    service = await startService(new FakePool(), { keys: ['k'] });
    expect((await send('GET', '/_triton-local/status')).status).toBe(200);
    expect((await send('GET', '/_triton-local/nothing')).status).toBe(404);
    expect((await send('GET', '/_triton-local/status%3Fx')).status).toBe(404);
    expect((await send('GET', '/_triton-local/%zz')).status).toBe(404);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND'])
      expect((await send(method, '/_triton-local/status', [], '{}')).status).toBe(405);
    const wrongBody = await send('POST', '/_triton-local/status', ['Content-Type: a/b'], '{');
    expect([wrongBody.status, wrongBody.header('allow')]).toEqual([405, 'GET, HEAD']);
    expect(service.requestEvents()).toHaveLength(0);
  });
});
