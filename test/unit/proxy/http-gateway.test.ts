import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type EventBody, RequestMeter } from '../../../src/events/index.ts';
import { HttpGateway, type HttpGatewayOptions } from '../../../src/proxy/index.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startEngine(answer: RequestListener): Promise<{ server: Server; http: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { server, http: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` };
}

async function startGateway(options: Partial<HttpGatewayOptions> = {}) {
  const gateway = new HttpGateway({ host: '127.0.0.1', port: 0, modelControlMode: 'none', ...options });
  const port = await gateway.listen();
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  return { gateway, port, url: `http://127.0.0.1:${port}` };
}

/** Sends bytes and resolves with all that comes back until the other side closes or `enough` is there. */
function raw(port: number, bytes: string, enough: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough.test(text)) socket.destroy();
    });
    socket.once('close', () => resolve(text));
    socket.once('error', reject);
  });
}

function requestText(
  method: string,
  path: string,
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
): string {
  const lines = Object.entries({ Host: 'x', 'Content-Length': String(body.length), ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`;
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

describe('the gateway before an engine', () => {
  test('records every request to its port, on the fast path and off it, and none from other listeners', async () => {
    const events: EventBody[] = [];
    const meter = new RequestMeter({ emit: (event) => void events.push(event) });
    const { http } = await startEngine((request, response) => {
      response.statusCode = request.url === '/v2/missing' ? 404 : 200;
      request.resume().once('end', () => response.end('{}'));
    });
    const { gateway, port, url } = await startGateway({ meter });
    gateway.switchTo({ http });
    const post = requestText('POST', '/v2/models/m/infer?a=b', {}, '{}');
    await raw(port, post, /\{\}/);
    expect((await fetch(`${url}/v2/missing`)).status).toBe(404);
    await raw(port, requestText('POST', '/v2/models/n/infer', { Expect: '100-continue' }, '{}'), /200 OK/);
    const outside = createServer(gateway.listener);
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    await fetch(`http://127.0.0.1:${(outside.address() as net.AddressInfo).port}/v2/models/o`);
    outside.closeAllConnections();
    outside.close();
    meter.flush();
    expect(events).toMatchObject([
      {
        count: 3,
        failed: 1,
        sample: [
          { method: 'POST', path: '/v2/models/m/infer', status: 200 },
          { method: 'GET', path: '/v2/missing', status: 404 },
          { method: 'POST', path: '/v2/models/n/infer', status: 200 },
        ],
      },
    ]);
  });

  test('passes path, query, header fields and both bodies on as they came', async () => {
    let seen: { url: string | undefined; headers: string[]; body: string } | undefined;
    const { http } = await startEngine(async (request, response) => {
      seen = { url: request.url, headers: request.rawHeaders, body: await readAll(request) };
      response.sendDate = false;
      response.writeHead(418, 'Odd Reason', ['X-Case', 'a', 'X-Case', 'b', 'Content-Length', '3']);
      response.end('abc');
    });
    const { gateway, port } = await startGateway();
    gateway.switchTo({ http, headers: { 'X-Key': 'secret' } });
    const answer = await raw(
      port,
      'POST //v2/a%2fb/../c?q=%20 HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two: 2\r\nX-KEY: theirs\r\nConnection: X-Hop\r\nX-Hop: 1\r\nContent-Length: 5\r\n\r\nhello',
      /abc$/,
    );
    expect(seen?.url).toBe('//v2/a%2fb/../c?q=%20');
    expect(seen?.body).toBe('hello');
    const headers = seen?.headers.join('\n') ?? '';
    expect(headers).toMatch(/X-Two\n1\nx-two\n2/);
    expect(headers).toMatch(/X-Key\nsecret/);
    expect(headers).not.toMatch(/theirs|X-Hop/);
    expect(answer).toMatch(/^HTTP\/1\.1 418 Odd Reason\r\nX-Case: a\r\nX-Case: b\r\n/);
    expect(answer).not.toMatch(/^date:/im);
  });

  test('finds an engine that was away for a while without being notified', async () => {
    const first = await startEngine((_request, response) => response.end('before'));
    const port = Number(new URL(first.http).port);
    const { gateway, url } = await startGateway();
    gateway.switchTo({ http: first.http });
    expect(await (await fetch(url)).text()).toBe('before');
    first.server.closeAllConnections();
    await new Promise((resolve) => first.server.close(resolve));
    const waiting = fetch(url);
    await expect.poll(() => gateway.backlogSize).toBe(1);
    const second = createServer((_request, response) => response.end('after'));
    cleanups.push(async () => {
      second.closeAllConnections();
      second.close();
    });
    await new Promise<void>((resolve) => second.listen(port, '127.0.0.1', resolve));
    expect(await (await waiting).text()).toBe('after');
    expect(await (await fetch(url)).text()).toBe('after');
  });

  test('passes a chunked body on chunk by chunk, and sends 100 to a caller that waits for it', async () => {
    const { http } = await startEngine(async (request, response) => response.end(await readAll(request)));
    const { gateway, port } = await startGateway();
    gateway.switchTo({ http });
    const head = 'POST /v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n';
    const answer = await raw(port, `${head}5\r\nhello\r\n0\r\n\r\n`, /hello/);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  });

  test.each([
    '/v2/repository/models/m/load',
    '//v2/repository/r/models/m/unload?x',
    '/v2/%72epository/models/m/load',
  ])('refuses %s in mode none with Triton’s text, and passes it in mode explicit', async (path) => {
    const { http } = await startEngine((_request, response) => response.end('passed'));
    const { gateway, url } = await startGateway();
    gateway.switchTo({ http });
    const refused = await fetch(url + path, { method: 'POST', body: '{}' });
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'explicit model load / unload is not allowed if polling is enabled' },
    ]);
    const explicit = await startGateway({ modelControlMode: 'explicit' });
    explicit.gateway.switchTo({ http });
    expect(await (await fetch(explicit.url + path, { method: 'POST' })).text()).toBe('passed');
  });

  test('holds requests until the engine is back and answers health at once', async () => {
    const { http } = await startEngine(async (request, response) => response.end(await readAll(request)));
    const { gateway, url } = await startGateway();
    const waiting = fetch(`${url}/v2/models/m/infer`, { method: 'POST', body: 'kept' });
    await expect.poll(() => gateway.backlogSize).toBe(1);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
    gateway.switchTo({ http });
    expect(await (await waiting).text()).toBe('kept');
  });

  test('sends a request that a dead engine refused to the next one, with its body', async () => {
    const dead = await startEngine(() => undefined);
    await new Promise((resolve) => dead.server.close(resolve));
    const { http } = await startEngine(async (request, response) => response.end(await readAll(request)));
    const { gateway, url } = await startGateway();
    gateway.switchTo({ http: dead.http });
    const waiting = fetch(url, { method: 'POST', body: 'kept' });
    await expect.poll(() => gateway.backlogSize).toBe(1);
    gateway.switchTo({ http });
    expect(await (await waiting).text()).toBe('kept');
  });

  test('answers 503 with Retry-After beyond its limits of number and time', async () => {
    const { gateway, url } = await startGateway({ backlog: { maxRequests: 1, maxWaitMs: 200 } });
    const held = fetch(url);
    await expect.poll(() => gateway.backlogSize).toBe(1);
    for (const answer of [await fetch(url), await held]) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await answer.json()).toHaveProperty('error');
    }
  });

  test('answers 503 when the engine dies under a request', async () => {
    const { http } = await startEngine((request) => request.socket.destroy());
    const { gateway, url } = await startGateway();
    gateway.switchTo({ http });
    const answer = await fetch(url, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/does not answer/) });
  });

  describe('after an engine has lost a connection', () => {
    /** An engine that has crashed where `isLive` is false: it closes each connection without an answer. */
    async function startDying() {
      const engine = { isLive: false, inferences: 0, probes: 0, http: '' };
      const { http } = await startEngine((request, response) => {
        const isProbe = request.url === '/v2/health/live';
        engine[isProbe ? 'probes' : 'inferences'] += 1;
        if (engine.isLive) response.end('live');
        else request.socket.destroy();
      });
      return Object.assign(engine, { http });
    }

    test.each([
      ['plain', {}],
      ['for the full parser', { te: 'trailers' }],
    ])(
      'others wait until it answers a health probe (%s)',
      async (_name, headers) => {
        const engine = await startDying();
        const { gateway, url } = await startGateway();
        gateway.switchTo(engine);
        const infer = () => fetch(`${url}/v2/models/m/infer`, { method: 'POST', body: 'x', headers });
        expect((await infer()).status).toBe(503);
        const waiting = Array.from({ length: 5 }, infer);
        await expect.poll(() => gateway.backlogSize, { timeout: 20_000 }).toBe(5);
        await expect.poll(() => engine.probes, { timeout: 20_000 }).toBeGreaterThan(2);
        expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
        expect(engine.inferences).toBe(1);
        engine.isLive = true;
        const answers = await Promise.all(waiting);
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
      },
      60_000,
    );

    test('a health probe of a client is answered by an engine that lives', async () => {
      const { http } = await startEngine((request, response) => {
        if (request.url?.startsWith('/v2/health/')) setTimeout(() => response.end('live'), 100);
        else request.socket.destroy();
      });
      const { gateway, url } = await startGateway();
      gateway.switchTo({ http });
      expect((await fetch(`${url}/v2/models/m/infer`, { method: 'POST', body: 'x' })).status).toBe(503);
      expect(await (await fetch(`${url}/v2/health/ready`)).text()).toBe('live');
    });
  });

  describe('before an engine that hangs', () => {
    const liveness = { silentMs: 40, probeMs: 120 };
    const hanging = async () => {
      const sockets: net.Socket[] = [];
      const server = net.createServer((socket) => {
        sockets.push(socket);
        socket.on('error', () => undefined);
        socket.resume();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      cleanups.push(async () => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      return { sockets, http: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` };
    };

    test.each([
      ['plain', { 'content-type': 'a/b' }],
      ['for the full parser', { te: 'trailers' }],
    ])(
      'answers 503 if the engine answers neither a request (%s) nor a health probe',
      async (_name, headers) => {
        const { gateway, url } = await startGateway({ liveness });
        gateway.switchTo({ http: (await hanging()).http });
        const answer = await raw(Number(new URL(url).port), requestText('POST', '/v2', headers, 'x'), /\}$/);
        expect(answer).toMatch(
          /503 [\s\S]*"error":"the engine does not answer: it is silent and did not answer/,
        );
      },
    );

    test('closes the caller’s connection in mid-answer', async () => {
      const { http } = await startEngine((request, response) => {
        if (request.url?.endsWith('/live')) return;
        response.writeHead(200, { 'content-length': 10 });
        response.write('half');
      });
      const { gateway, url } = await startGateway({ liveness });
      gateway.switchTo({ http });
      await expect(fetch(url, { method: 'POST' }).then((answer) => answer.text())).rejects.toThrow();
    });

    test('waits for one that computes and answers the probe', async () => {
      let probes = 0;
      const computing = withResolvers();
      const { http } = await startEngine((request, response) => {
        if (!request.url?.endsWith('/live')) void computing.promise.then(() => response.end('slow'));
        else {
          response.end();
          probes += 1;
          if (probes === 3) computing.resolve();
        }
      });
      const { gateway, url } = await startGateway({ liveness });
      gateway.switchTo({ http });
      expect(await (await fetch(url, { method: 'POST', body: 'x' })).text()).toBe('slow');
    });
  });

  test.each([
    ['what is no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('answers 503 if the engine sends %s', async (_name, garbage) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(garbage));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => server.close());
    const { gateway, port } = await startGateway();
    gateway.switchTo({ http: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` });
    for (const headers of [{}, { te: 'trailers' }]) {
      const answer = await raw(port, requestText('POST', '/v2', headers, 'x'), /\}$/);
      expect(answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*the engine does not answer/);
    }
  });

  test.each([
    ['/v2/repository/models/m/load', 'https://evil.example', 403],
    ['/v2//repository/models/m/unload', 'null', 403],
    ['/v2/logging', 'http://localhost.evil.example', 403],
    ['/v2/models/m/trace/setting', 'http://192.168.0.7:8000', 403],
    ['/v2/systemsharedmemory/region/r/register', 'https://evil.example', 403],
    ['/v2/repository/models/m/load', 'http://localhost:3000', 200],
    ['/v2/trace/setting', 'https://127.0.0.1', 200],
    ['/v2/cudasharedmemory/unregister', 'http://[::1]:8000', 200],
    ['/v2/logging', undefined, 200],
    ['/v2/models/m/infer', 'https://evil.example', 200],
    ['/v2/repository/index', 'https://evil.example', 200],
  ])('answers a POST to %s from a page of %s with %d', async (path, origin, status) => {
    const seen: string[] = [];
    const { http } = await startEngine((request, response) => {
      seen.push(request.url ?? '');
      response.end('passed');
    });
    const { gateway, port } = await startGateway({ modelControlMode: 'explicit' });
    gateway.switchTo({ http });
    const answer = await raw(
      port,
      requestText('POST', path, origin ? { Origin: origin } : {}, '{}'),
      /passed|\}$/,
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(seen).toEqual(status === 200 ? [path] : []);
  });

  test('answers a request for a tunnel', async () => {
    const { port } = await startGateway();
    expect(await raw(port, 'CONNECT x:80 HTTP/1.1\r\nHost: x:80\r\n\r\n', /never/)).toMatch(
      /^HTTP\/1\.1 405 /,
    );
  });

  test('ends the request to the engine when the caller leaves, held ones too', async () => {
    const left = withResolvers();
    const arrived = withResolvers();
    const { http } = await startEngine((_request, response) => {
      arrived.resolve();
      response.once('close', () => left.resolve());
    });
    const { gateway, url } = await startGateway();
    const leaving = new AbortController();
    const held = fetch(url, { signal: leaving.signal }).catch(() => 'left');
    await expect.poll(() => gateway.backlogSize).toBe(1);
    leaving.abort();
    await held;
    await expect.poll(() => gateway.backlogSize).toBe(0);
    gateway.switchTo({ http });
    const aborting = new AbortController();
    const passed = fetch(url, { signal: aborting.signal }).catch(() => 'left');
    await arrived.promise;
    aborting.abort();
    expect(await passed).toBe('left');
    await left.promise;
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
