import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, open, readAnswer, requestText } from './raw-http.ts';
import { FakePool, reply, startService, type TestService } from './service.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const IDS = ['x-request-id', 'x-ms-request-id', 'x-ms-client-request-id'] as const;

let pool: FakePool;
let service: TestService;
beforeEach(async () => {
  pool = new FakePool();
  service = await startService(pool);
});
afterEach(() => service[Symbol.asyncDispose]());

const send = (method: string, target: string, extra?: readonly string[], body?: string) =>
  ask(service.port, requestText(method, target, extra, body));

describe('health', () => {
  it('answers GET / with the word Healthy, ids and the generation', async () => {
    const answer = await send('GET', '/');
    expect([answer.status, answer.body.toString()]).toEqual([200, 'Healthy']);
    expect(answer.headers.map(([name]) => name)).toEqual([
      'Server',
      'Date',
      'Content-Type',
      'Content-Length',
      'x-ms-server-version',
      'x-request-id',
      'x-ms-request-id',
      'x-triton-local-generation',
      'Connection',
    ]);
    expect(answer.header('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.header('x-ms-server-version')).toBe('azmlinfsrv/1.5.1');
    expect(answer.header('x-triton-local-generation')).toBe('1');
  });

  it('says 503 with the place of the fault while no script has come up', async () => {
    service.source.current = undefined;
    service.source.failed = 'score.py:3: NameError: über';
    for (const [method, target] of [
      ['GET', '/'],
      ['POST', '/score'],
    ] as const) {
      const answer = await send(method, target, [], method === 'POST' ? '{}' : '');
      expect(answer.status).toBe(503);
      expect(answer.body.toString()).toContain('score.py:3: NameError: \\u00fcber');
      expect(answer.header('x-triton-local-generation')).toBe('0');
    }
    service.source.failed = undefined;
    expect((await send('GET', '/')).status).toBe(503);
  });

  it('marks every answer while an older generation serves because the newest failed', async () => {
    service.source.now = { ...service.source.now, stale: true };
    for (const target of ['/', '/score', '/nowhere'])
      expect((await send('GET', target)).header('x-triton-local-stale')).toBe('true');
    service.source.now = { ...service.source.now, stale: false };
    expect((await send('GET', '/')).header('x-triton-local-stale')).toBeUndefined();
  });
});

describe('routes', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/score/', 404],
    ['GET', '/SCORE', 404],
    ['GET', '/./score', 404],
    ['GET', '/%', 404],
    ['OPTIONS', '*', 404],
    ['POST', '/', 405],
    ['PUT', '/score', 405],
    ['TRACE', '/score', 405],
    ['POST', '/swagger.json', 405],
  ])('%s %s is %i without any id', async (method, target, status) => {
    const answer = await send(method, target, ['x-request-id: A', 'TraceId: T']);
    expect(answer.status).toBe(status);
    expect(answer.reason).toBe(status === 404 ? 'NOT FOUND' : 'METHOD NOT ALLOWED');
    expect(JSON.parse(answer.body.toString()).message).toMatch(
      status === 404 ? /^The requested URL was not found/ : /^The method is not allowed/,
    );
    expect(answer.header('x-ms-run-function-failed')).toBe('False');
    for (const name of [...IDS, 'traceid', 'x-ms-server-version'])
      expect(answer.header(name)).toBeUndefined();
    expect(pool.requests).toHaveLength(0);
  });

  it.each(['//score?x=1', '/%73core?x=1', 'http://localhost:1/score?x=1', '/score?x=1#part'])(
    '%s is /score',
    async (target) => {
      expect((await send('GET', target)).status).toBe(200);
      expect(pool.requests[0]?.target).toBe('/score?x=1');
    },
  );

  it.each(['GET', 'POST', 'HEAD', 'OPTIONS'])('hands %s /score to the pool as it came', async (method) => {
    const extra = ['X-Thing: 1', 'X-Thing: 2', 'x_thing: 3', 'x-raw: \xc3\xa9'];
    const answer = await send(method, '/score?q=a%20b', extra, method === 'POST' ? '{"a":1}' : '');
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(method === 'HEAD' ? '' : '"ok"');
    expect(answer.header('content-length')).toBe('4');
    const [request] = pool.requests;
    expect(request?.method).toBe(method);
    expect(request?.target).toBe('/score?q=a%20b');
    expect(request?.id).toBe(answer.header('x-request-id'));
    expect(Buffer.from(request?.body ?? []).toString()).toBe(method === 'POST' ? '{"a":1}' : '');
    expect(request?.headers.slice(2, 5)).toEqual([
      ['X-Thing', '1'],
      ['X-Thing', '2'],
      ['x-raw', '\xc3\xa9'],
    ]);
  });

  it('refuses a WebSocket upgrade', async () => {
    const request = requestText('GET', '/', ['Upgrade: websocket']).replace('close', 'Upgrade');
    const answer = await ask(service.port, request);
    expect(answer.status).toBe(400);
    expect(answer.header('x-request-id')).toBeUndefined();
  });

  it('answers HTTP/1.1 without Host', async () => {
    const answer = await ask(service.port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(answer.status).toBe(200);
  });

  it('describes itself in each version of swagger', async () => {
    const version = async (query: string) => {
      const answer = await send('GET', `/swagger.json${query}`);
      const document = JSON.parse(answer.body.toString());
      return document.swagger ?? document.openapi ?? document.message;
    };
    expect(await version('')).toBe('2.0');
    expect(await version('?version=2.0')).toBe('2.0');
    expect(await version('?version=3')).toBe('3.0.3');
    expect(await version('?version=3.1')).toBe('3.1.0');
    expect(await version('?version=9')).toBe(
      'Swagger version [9] is not valid. Supported versions: [2, 3, 3.1].',
    );
  });
});

describe('request ids', () => {
  it.each([
    ['', '', '', 'N', 'N', undefined],
    ['A', '', '', 'A', 'A', undefined],
    ['', 'B', '', 'N', 'B', 'B'],
    ['', '', 'C', 'N', 'C', 'C'],
    ['A', 'B', '', 'A', 'B', 'B'],
    ['', 'B', 'C', 'N', 'B', 'C'],
    ['A', '', 'C', 'A', 'C', 'C'],
    ['A', 'B', 'C', 'A', 'B', 'C'],
  ])('sent %j %j %j come back as %s %s %s', async (...row) => {
    const extra = IDS.flatMap((name, index) => (row[index] ? [`${name}: ${row[index]}`] : []));
    const answer = await send('POST', '/score', [...extra, 'TraceId: T'], '{}');
    const fresh = answer.header('x-request-id');
    const expected = row.slice(3).map((value) => (value === 'N' ? fresh : value));
    expect(IDS.map((name) => answer.header(name))).toEqual(expected);
    if (row[0] === '') expect(fresh).toMatch(UUID);
    expect(answer.header('traceid')).toBe('T');
    const warned = service.events.some((event) => event.type === 'log.line' && event.level === 'warning');
    expect(warned).toBe(row[1] !== '');
  });

  it('joins repeated ids, keeps their bytes, and leaves out those sent empty', async () => {
    const joined = await send('GET', '/score', ['x-request-id: A', 'x-request-id: B']);
    expect(joined.header('x-request-id')).toBe('A,B');
    for (const target of ['/', '/score']) {
      const bytes = await send('GET', target, ['x-request-id: \xc3\xa9']);
      expect(bytes.header('x-request-id')).toBe('\xc3\xa9');
    }
    const empty = await send(
      'GET',
      '/score',
      IDS.map((name) => `${name}: `),
    );
    for (const name of IDS) expect(empty.header(name)).toBeUndefined();
  });

  it('refuses ids beyond 100 characters with 431', async () => {
    expect((await send('GET', '/', [`x-request-id: ${'A'.repeat(100)}`])).status).toBe(200);
    const long = await send('GET', '/', [`x-request-id: ${'A'.repeat(101)}`, 'TraceId: T']);
    expect([long.status, long.reason]).toEqual([431, 'REQUEST HEADER FIELDS TOO LARGE']);
    expect(long.body.toString()).toBe('{"message": "x-request-id must not exceed 100 characters"}');
    for (const name of IDS) expect(long.header(name)).toBeUndefined();
    expect(long.header('traceid')).toBe('T');
    const ms = await send('POST', '/score', ['x-request-id: A', `x-ms-request-id: ${'B'.repeat(101)}`], '{}');
    expect(ms.status).toBe(431);
    expect(ms.header('x-request-id')).toBe('A');
    expect(ms.header('x-ms-request-id')).toBeUndefined();
    expect(pool.requests).toHaveLength(0);
  });
});

describe('limits before the application', () => {
  it.each([
    ['a field beyond 8190 bytes', 431, [`x-a: ${'A'.repeat(9000)}`], '/'],
    ['more than 100 fields', 431, Array.from({ length: 120 }, (_, index) => `x-a${index}: 1`), '/'],
    [
      'headers beyond what the parser holds',
      431,
      Array.from({ length: 90 }, () => `x: ${'A'.repeat(8000)}`),
      '/',
    ],
    ['a request line beyond 4094 bytes', 414, [], `/${'a'.repeat(5000)}`],
    ['an expectation nobody knows', 417, ['Expect: fish'], '/'],
    ['two lengths', 400, ['Content-Length: 2', 'Content-Length: 3'], '/score'],
  ])("refuses %s with gunicorn's page", async (_case, status, extra, target) => {
    const answer = await send('GET', target, extra);
    expect(answer.status).toBe(status);
    expect(answer.header('content-type')).toBe('text/html');
    expect(answer.body.toString()).toMatch(/^<html>/);
    expect(answer.header('x-request-id')).toBeUndefined();
  });

  it('refuses what is not HTTP', async () => {
    const answer = await ask(service.port, 'hello\r\n\r\n');
    expect(answer.status).toBe(400);
  });

  it('refuses a body beyond the limit before it is sent, and lets the caller read why', async () => {
    const socket = await open(service.port);
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n');
    const answer = await readAnswer(socket);
    expect(answer.status).toBe(413);
    expect(answer.header('connection')).toBe('close');
    // Still open for a caller who sends first and reads later.
    expect(socket.write(Buffer.alloc(1024))).toBe(true);
    socket.destroy();
  });

  it('sends 100 Continue only when it reads the body', async () => {
    const asked = await open(service.port);
    const first = new Promise<string>((resolve) => asked.once('data', (data) => resolve(data.toString())));
    asked.write('POST /score HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    expect(await first).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const answer = readAnswer(asked);
    asked.write('{}');
    expect((await answer).status).toBe(200);
    asked.destroy();

    const refused = await send('POST', '/nowhere', ['Expect: 100-continue', 'Content-Length: 2']);
    expect(refused.status).toBe(404);
    expect(refused.header('connection')).toBe('close');
  });
});

describe('events', () => {
  it('reports each request once, with its times, and no probe', async () => {
    await send('GET', '/');
    await send('HEAD', '/');
    await send('GET', '/_triton-local/status');
    await send('POST', '//score?key=1', ['x-request-id: A'], '{}');
    await send('GET', '/nowhere', ['x-request-id: B']);
    expect(service.requestEvents()).toEqual([
      {
        type: 'scoring.request',
        id: 'A',
        method: 'POST',
        path: '/score',
        status: 200,
        generation: 1,
        queueMs: 0.5,
        runMs: 0.0703,
        totalMs: expect.any(Number),
      },
      expect.objectContaining({ id: 'B', path: '/nowhere', status: 404, queueMs: 0, runMs: 0 }),
    ]);
  });
});

describe('the generation that serves', () => {
  it('is taken when the body is complete, not when the headers came', async () => {
    const newer = new FakePool(() => reply('"new"'), 2);
    const socket = await open(service.port);
    socket.write('POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{');
    await send('GET', '/');
    service.source.current = newer;
    const answer = readAnswer(socket);
    socket.write('}');
    expect((await answer).body.toString()).toBe('"new"');
    expect((await answer).header('x-triton-local-generation')).toBe('2');
    expect(pool.requests).toHaveLength(0);
    socket.destroy();
  });
});
