import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createBearerCheck } from '../../../src/base/index.ts';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import { type EndpointProxyOptions, startEndpointProxy } from '../../../src/proxy/endpoint/endpoint-proxy.ts';
import type { EndpointView } from '../../../src/proxy/endpoint/endpoint-view.ts';
import { type DeploymentRecord, localCertificate } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let home: TempFolder;
beforeAll(async () => {
  home = await TempFolder.create();
});
afterAll(() => home[Symbol.asyncDispose]());
const certificate = () => localCertificate(home.directory);

const KEY = 'schlüssel-à';
/** As a client sends it: the bytes of UTF-8. */
const bearer = (key: string) => `Bearer ${Buffer.from(key, 'utf8').toString('latin1')}`;

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

async function startDeployment(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  const port = await listening(server);
  cleanups.push(() => server.closeAllConnections());
  return port;
}

/** A deployment of bare bytes. */
async function startBytes(onData: (socket: net.Socket, text: string) => void) {
  const seen: string[] = [];
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    const number = sockets.push(socket) - 1;
    seen[number] = '';
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      seen[number] += bytes.toString('latin1');
      onData(socket, seen[number] ?? '');
    });
  });
  const port = await listening(server);
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { port, seen, sockets };
}

async function startEndpoint(
  ports: Readonly<Record<string, number>>,
  options: Partial<EndpointProxyOptions> & {
    readonly traffic?: Record<string, number>;
    readonly mirrorTraffic?: Record<string, number>;
  } = {},
) {
  const deployments = Object.entries(ports).map(
    ([name, port]) => ({ name, running: { port } }) as unknown as DeploymentRecord,
  );
  const traffic = options.traffic ?? Object.fromEntries(Object.keys(ports).map((name) => [name, 100]));
  const { mirrorTraffic } = options;
  const view = {
    endpoint: { name: 'e', traffic, mirrorTraffic },
    deployments,
    isAllowed: createBearerCheck([KEY]),
  };
  const events = new EventBus();
  const seen: EmulatorEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const proxy = await startEndpointProxy({
    host: '127.0.0.1',
    port: 0,
    source: { current: async () => view as unknown as EndpointView } as EndpointProxyOptions['source'],
    events,
    // HTTP and HTTPS share the port, as in the product.
    certificate,
    ...options,
  });
  cleanups.push(() => proxy[Symbol.asyncDispose]());
  return { proxy, port: proxy.port, url: `http://127.0.0.1:${proxy.port}`, events: seen };
}

/** Sends bytes and resolves with all that comes back until the other side closes or `enough` is there. */
function raw(port: number, bytes: string, enough?: RegExp): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (enough?.test(text)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(text));
  });
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const authorized = { authorization: bearer(KEY) };
const head = (line: string, ...fields: string[]) =>
  [`${line} HTTP/1.1`, 'Host: x', `Authorization: ${bearer(KEY)}`, ...fields, '', ''].join('\r\n');

describe('mirrored traffic', () => {
  async function startPair(answerOfGreen: RequestListener) {
    const blue = await startDeployment(async (request, response) =>
      response.end(`blue ${(await readAll(request)).length}`),
    );
    const green = await startDeployment(answerOfGreen);
    const traffic = { blue: 100 };
    return startEndpoint({ blue, green }, { traffic, mirrorTraffic: { green: 100 } });
  }

  test.each([
    ['nothing', 'GET', undefined],
    ['a text', 'POST', 'a text'],
    ['a megabyte', 'PUT', 'x'.repeat(1 << 20)],
  ])(
    'a request with %s reaches both, and the caller gets the answer of the live one',
    async (_, method, body) => {
      const copies: unknown[] = [];
      const { url } = await startPair(async (request, response) => {
        copies.push([
          request.method,
          request.url,
          request.headers['x-mine'],
          (await readAll(request)).length,
        ]);
        response.writeHead(500).end('green');
      });
      const headers = { ...authorized, 'x-mine': 'kept' };
      const answer = await fetch(`${url}/score?a=b`, { method, headers, ...(body && { body }) });
      expect([answer.status, await answer.text()]).toEqual([200, `blue ${body?.length ?? 0}`]);
      expect(answer.headers.get('azureml-model-deployment')).toBe('blue');
      await expect.poll(() => copies).toEqual([[method, '/score?a=b', 'kept', body?.length ?? 0]]);
    },
  );

  test('a copy that is never answered, or refused, delays nobody', async () => {
    let copies = 0;
    const { url } = await startPair((request) => {
      copies += 1;
      if (copies % 2 === 0) request.socket.destroy();
    });
    for (let count = 0; count < 10; count += 1) {
      const answer = await fetch(url, { method: 'POST', headers: authorized, body: 'x' });
      expect(await answer.text()).toBe('blue 1');
    }
    await expect.poll(() => copies).toBe(10);
  });

  test('a request for a certain deployment, or without a key, is not copied', async () => {
    let copies = 0;
    const { url } = await startPair((_request, response) => {
      copies += 1;
      response.end();
    });
    await fetch(url, { method: 'POST', body: 'x' });
    await fetch(url, { headers: { ...authorized, 'azureml-model-deployment': 'blue' } });
    await fetch(url, { headers: authorized });
    await expect.poll(() => copies).toBe(1);
  });

  test('a body that is too large for a copy reaches the live deployment whole', async () => {
    let copies = 0;
    const { url } = await startPair((_request, response) => {
      copies += 1;
      response.end();
    });
    const body = Buffer.alloc(20 * 1024 * 1024, 'x');
    const answer = await fetch(url, { method: 'POST', headers: authorized, body });
    expect(await answer.text()).toBe(`blue ${body.length}`);
    await fetch(url, { headers: authorized });
    await expect.poll(() => copies).toBe(1);
  });
});

describe('an online endpoint', () => {
  test('passes path, fields and bodies of any method and type on as they came, and answers likewise', async () => {
    const seen: { method: string | undefined; url: string | undefined; fields: string; body: string }[] = [];
    const port = await startDeployment(async (request, response) => {
      const body = await readAll(request);
      seen.push({ method: request.method, url: request.url, fields: request.rawHeaders.join('\n'), body });
      response.writeHead(418, [
        'X-Case',
        'a',
        'X-Case',
        'b',
        'Connection',
        'X-Hop',
        'X-Hop',
        '1',
        'azureml-model-deployment',
        'other',
      ]);
      response.end('tea');
    });
    const endpoint = await startEndpoint({ blue: port });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND', 'REPORT']) {
      const text = head(
        `${method} //score/../a%2fb/%zz?q=%20`,
        'Content-Type: nonsense',
        'X-Two: 1',
        'x-two: 2',
        'Connection: X-Mine, close',
        'X-Mine: 1',
        'Content-Length: 5',
      );
      const answer = await raw(endpoint.port, `${text}hello`);
      expect(answer).toMatch(/^HTTP\/1\.1 418 /);
      expect(answer).toMatch(/x-case: a\r\nx-case: b\r\n/i);
      expect(answer).toMatch(/azureml-model-deployment: blue\r\n/);
      expect(answer).not.toMatch(/x-hop|other/i);
      expect(answer).toMatch(/tea/);
      expect(seen.at(-1)).toMatchObject({ method, url: '//score/../a%2fb/%zz?q=%20', body: 'hello' });
      expect(seen.at(-1)?.fields).toMatch(/X-Two\n1\nx-two\n2/);
      expect(seen.at(-1)?.fields).not.toMatch(/X-Mine/);
    }
    // Another test may poll a port that it has just released, which can be this one.
    const events = endpoint.events.filter(
      (event) => 'path' in event && event.path === '//score/../a%2fb/%zz?q=%20',
    );
    expect(events).toHaveLength(8);
    expect(events[0]).toMatchObject({
      type: 'scoring.request',
      status: 418,
      path: '//score/../a%2fb/%zz?q=%20',
    });
  });

  test.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PATCH'])(
    'never makes two requests of one: %s with a chunked body',
    async (method) => {
      const deployment = await startBytes((socket, text) => {
        if (/smuggled[\s\S]*\r\n\r\n$/.test(text))
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
      const { port } = await startEndpoint({ blue: deployment.port });
      const inner = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
      const text = head(`${method} /score`, 'Transfer-Encoding: chunked', 'Connection: close');
      const chunked = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
      expect(await raw(port, text + chunked)).toMatch(/^HTTP\/1\.1 200 /);
      const bytes = deployment.seen.join('|');
      expect(bytes).toMatch(/^\w+ \/score HTTP\/1\.1\r\n/);
      const end = bytes.indexOf('\r\n\r\n') + 4;
      const isChunked = /transfer-encoding: chunked/i.test(bytes.slice(0, end));
      if (!isChunked)
        expect(bytes.slice(0, end)).toMatch(new RegExp(`content-length: ${inner.length}\r\n`, 'i'));
      expect(bytes.slice(end)).toBe(isChunked ? chunked : inner);
    },
  );

  test.each([
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Content-Length: 3\r\nContent-Length: 3',
    'Transfer-Encoding: identity',
    'Bad Name: x',
  ])('refuses %j with 400', async (field) => {
    const deployment = await startBytes(() => undefined);
    const { port } = await startEndpoint({ blue: deployment.port });
    expect(await raw(port, `${head('POST /score', field)}abc`)).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*not valid HTTP/,
    );
    expect(deployment.seen.join('')).toBe('');
  });

  test('keeps the length of a body, streams both ways and answers HEAD, 204 and 304 without one', async () => {
    const port = await startDeployment(async (request, response) => {
      if (request.url === '/echo')
        request.pipe(response.writeHead(200, { 'content-length': request.headers['content-length'] }));
      else response.writeHead(Number(request.url?.slice(1)), { 'content-length': 0, etag: 'x' }).end();
    });
    const { url } = await startEndpoint({ blue: port });
    const body = Buffer.alloc(8 << 20, 'abcdefg');
    const answer = await fetch(`${url}/echo`, { method: 'POST', headers: authorized, body });
    expect(answer.headers.get('content-length')).toBe(String(body.length));
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
    for (const [method, path] of [
      ['HEAD', '/200'],
      ['GET', '/204'],
      ['GET', '/304'],
    ] as const) {
      const bare = await fetch(url + path, { method, headers: authorized });
      expect([bare.status, await bare.text(), bare.headers.get('etag')]).toEqual([
        Number(path.slice(1)),
        '',
        'x',
      ]);
    }
  });

  test('accepts keys of any characters', async () => {
    const port = await startDeployment((_request, response) => response.end('in'));
    const { url } = await startEndpoint({ blue: port });
    const ask = async (authorization?: string) =>
      (await fetch(url, { headers: authorization === undefined ? {} : { authorization } })).status;
    expect(await ask(bearer(KEY))).toBe(200);
    expect(await ask(`bearer  ${bearer(KEY).slice(7)}`)).toBe(200);
    for (const wrong of [undefined, '', 'Bearer', bearer('schlüssel'), `Basic ${KEY}`, bearer(`${KEY}x`)])
      expect(await ask(wrong)).toBe(401);
    const refused = await fetch(url);
    expect([refused.headers.get('content-type'), await refused.text()]).toEqual([
      'text/plain',
      'key_auth_access_denied',
    ]);
    expect(refused.headers.get('azureml-model-deployment')).toBe('blue');
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'routes to a deployment called %s',
    async (name) => {
      const ports = Object.fromEntries([
        ['blue', await startDeployment((_request, response) => response.end('blue'))],
        [name, await startDeployment((_request, response) => response.end('odd'))],
      ]);
      const ask = async (traffic: Record<string, number>, named?: string) => {
        const { url } = await startEndpoint(ports, { traffic });
        const headers = { ...authorized, ...(named !== undefined && { 'azureml-model-deployment': named }) };
        const answer = await fetch(url, { headers });
        return `${answer.headers.get('azureml-model-deployment')} ${await answer.text()}`;
      };
      expect(await ask({ blue: 100 })).toBe('blue blue');
      expect(await ask(JSON.parse(`{ "${name}": 100 }`))).toBe(`${name} odd`);
      expect(await ask({ blue: 100 }, name)).toBe(`${name} odd`);
    },
  );

  test('sends every request once, whatever comes back', async () => {
    const counts: Record<string, number> = {};
    const deployment = await startBytes((socket, text) => {
      const path = /.*? (\S+) HTTP\/1\.1\r\n(?![\s\S]*HTTP\/1\.1\r\n)/.exec(text)?.[1] ?? '';
      counts[path] = (counts[path] ?? 0) + 1;
      if (path === '/busy')
        socket.write('HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy');
      else if (path === '/fine') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine');
      else socket.destroy();
    });
    const { url } = await startEndpoint({ blue: deployment.port });
    const ask = async (path: string, method: string) =>
      (await fetch(url + path, { method, headers: authorized })).status;
    expect(await ask('/busy', 'GET')).toBe(503);
    expect(await ask('/fine', 'POST')).toBe(200);
    expect(await ask('/gone', 'POST')).toBe(502);
    expect(counts).toEqual({ '/busy': 1, '/fine': 1, '/gone': 1 });
  });

  test('ends its caller’s connection if the deployment dies during an answer, and then closes at once', async () => {
    for (const rest of ['Content-Length: 9\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n']) {
      const deployment = await startBytes((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => socket.destroy()),
      );
      const { port, proxy } = await startEndpoint({ blue: deployment.port });
      const answer = await raw(port, head('GET /score'));
      expect(answer).toMatch(/half/);
      expect(answer).not.toMatch(/0\r\n\r\n$/);
      await proxy[Symbol.asyncDispose]();
    }
  });

  test.each([
    ['nobody listens', undefined],
    ['it closes the connection', (socket: net.Socket) => socket.destroy()],
    ['it sends no HTTP', (socket: net.Socket) => socket.write('SSH-2.0-x\r\n\r\n')],
    ['it neither answers nor lives', () => undefined],
  ])('answers 502 where %s', async (_name, behave) => {
    const deployment = await startBytes(behave ?? (() => undefined));
    const liveness = { silentMs: 40, probeMs: 120 };
    const { url } = await startEndpoint({ blue: behave ? deployment.port : 1 }, { liveness });
    const answer = await fetch(url, { method: 'POST', headers: authorized, body: 'x' });
    expect([answer.status, await answer.text()]).toEqual([
      502,
      expect.stringMatching(/^the deployment does not answer: .+/),
    ]);
  });

  test('ends the request to the deployment when the caller leaves, and says 499', async () => {
    const deployment = await startBytes(() => undefined);
    const { url, events } = await startEndpoint({ blue: deployment.port });
    const leaving = new AbortController();
    const asked = fetch(url, {
      method: 'POST',
      headers: authorized,
      body: 'x',
      signal: leaving.signal,
    }).catch(() => 'left');
    await expect.poll(() => deployment.seen[0]).toMatch(/x$/);
    leaving.abort();
    expect(await asked).toBe('left');
    await expect.poll(() => deployment.sockets[0]?.destroyed).toBe(true);
    await expect.poll(() => events).toMatchObject([{ type: 'scoring.request', status: 499 }]);
  });

  test('lets requests in progress end when it closes, and those that do not end no longer than its limit', async () => {
    const answers: (() => void)[] = [];
    let hasBegun = false;
    const port = await startDeployment((request, response) => {
      if (request.url === '/never') hasBegun = true;
      else answers.push(() => response.end('late'));
    });
    const slow = await startEndpoint({ blue: port });
    const asked = fetch(slow.url, { headers: authorized });
    await expect.poll(() => answers.length).toBe(1);
    const closed = slow.proxy[Symbol.asyncDispose]();
    answers[0]?.();
    expect(await (await asked).text()).toBe('late');
    await closed;
    const hanging = await startEndpoint({ blue: port }, { drainMs: 50 });
    const never = fetch(`${hanging.url}/never`, { headers: authorized }).catch(() => 'cut');
    await expect.poll(() => hasBegun).toBe(true);
    await hanging.proxy[Symbol.asyncDispose]();
    expect(await never).toBe('cut');
  });
});
