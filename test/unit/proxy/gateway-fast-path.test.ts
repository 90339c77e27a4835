import net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpGateway, type HttpGatewayOptions } from '../../../src/proxy/index.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** An engine of bare bytes: `onData` gets what has come on a connection so far, and the connection's number. */
async function startEngine(onData: (socket: net.Socket, text: string, connection: number) => void) {
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    const number = sockets.push(socket);
    let text = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      onData(socket, text, number);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { sockets, http: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` };
}

async function startGateway(http: string, options: Partial<HttpGatewayOptions> = {}) {
  const gateway = new HttpGateway({ host: '127.0.0.1', port: 0, modelControlMode: 'none', ...options });
  const port = await gateway.listen();
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  gateway.switchTo({ http });
  return { gateway, port };
}

class Caller {
  readonly socket: net.Socket;
  text = '';
  ended = false;

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1');
    cleanups.push(async () => this.socket.destroy());
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.ended = true;
    });
    this.socket.on('data', (bytes) => {
      this.text += bytes.toString('latin1');
    });
  }

  send(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  got(pattern: RegExp): Promise<void> {
    return expect.poll(() => this.text, { interval: 5, timeout: 3_000 }).toMatch(pattern);
  }

  gone(): Promise<void> {
    return expect.poll(() => this.ended, { interval: 5, timeout: 3_000 }).toBe(true);
  }
}

const post = (body: string, path = '/v2') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const bodyOf = (request: string) => request.slice(request.lastIndexOf('\r\n\r\n') + 4);
/** Whether it is the gateway's own request, after a connection was lost. */
const isProbe = (request: string) => request.includes('GET /v2/health/live ');
const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('the fast path through the gateway', () => {
  test('answers pipelined requests in order over one connection to the engine', async () => {
    let answered = 0;
    const engine = await startEngine((socket, text) => {
      const seen = text.split('POST ').length - 1;
      while (answered < seen) {
        answered += 1;
        socket.write(ok(`<${answered}>`));
      }
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send(post('a') + post('b') + post('c'));
    await caller.got(/<1>[\s\S]*<2>[\s\S]*<3>$/);
    expect(engine.sockets).toHaveLength(1);
  });

  test('takes heads and bodies in pieces', async () => {
    const engine = await startEngine((socket, text) => {
      if (text.endsWith('hello')) socket.write(ok(text));
    });
    const { port } = await startGateway(engine.http);
    const bodyLater = new Caller(port).send('POST /v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n');
    await expect.poll(() => engine.sockets.length).toBe(1);
    bodyLater.send('he').send('llo');
    await bodyLater.got(/hello$/);
    const headLater = new Caller(port).send('POST /v2 HT');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await headLater.send('TP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello').got(/hello$/);
  });

  test('passes chunks on as they are, and the connection serves on', async () => {
    const chunks = '5;a=b\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n';
    const engine = await startEngine((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (const character of chunks) socket.write(character);
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send(post('a'));
    await caller.got(/1\r\n\r\n$/);
    expect(caller.text.endsWith(`\r\n\r\n${chunks}`)).toBe(true);
    caller.text = '';
    await caller.send(post('b')).got(/X-Trailer: 1\r\n\r\n$/);
    expect(engine.sockets).toHaveLength(1);
  });

  test('answers HEAD without a body and passes early hints over', async () => {
    const engine = await startEngine((socket) => {
      socket.write(
        'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
      );
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send('HEAD /v2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await caller.got(/^HTTP\/1\.1 200 OK\r\nContent-Length: 99\r\n\r\n$/);
    await caller.send('HEAD /v2 HTTP/1.1\r\nHost: x\r\n\r\n').got(/(99\r\n\r\n[\s\S]*){2}$/);
  });

  test('passes 32 MB both ways', async () => {
    const size = 32 * 1024 * 1024;
    let got = 0;
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        const head = bytes.indexOf('\r\n\r\n') + 4;
        got = bytes.length - head;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        socket.write(bytes.subarray(head));
        socket.on('data', (more) => {
          got += more.length;
          if (!socket.write(more)) {
            socket.pause();
            socket.once('drain', () => socket.resume());
          }
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => server.close());
    const { port } = await startGateway(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
    const body = Buffer.alloc(size, 'abcdefg');
    const answer = await fetch(`http://127.0.0.1:${port}/v2`, { method: 'POST', body });
    expect(Buffer.from(await answer.arrayBuffer()).equals(body)).toBe(true);
    expect(got).toBe(size);
  });

  test('never sends a POST twice: a kept connection that closes without an answer is 503', async () => {
    const executed: string[] = [];
    const engine = await startEngine((socket, text, connection) => {
      if (!isProbe(text)) executed.push(bodyOf(text));
      if (text.includes('second')) socket.destroy();
      else socket.write(ok(`from ${connection}`));
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send(post('first'));
    await caller.got(/from 1$/);
    await caller.send(post('second')).got(/503 [\s\S]*does not answer[\s\S]*}$/);
    const other = new Caller(port).send(post('again'));
    await other.got(/from \d$/);
    expect(executed).toEqual(['first', 'second', 'again']);
  });

  test('sends a GET again only if a kept connection closes before any answer', async () => {
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const executed: (string | undefined)[] = [];
    const engine = await startEngine((socket, text, connection) => {
      if (!isProbe(text)) executed.push(text.slice(text.lastIndexOf('GET ')).split(' ')[1]);
      if (connection === 1 && text.includes('/second')) socket.destroy();
      else if (text.includes('/fatal')) socket.destroy();
      else socket.write(ok(`from ${connection}`));
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send(get('/first'));
    await caller.got(/from 1$/);
    await caller.send(get('/second')).got(/from 2$/);
    await caller.send(get('/fatal')).got(/503 [\s\S]*does not answer[\s\S]*}$/);
    const other = new Caller(port).send(get('/again'));
    await other.got(/from \d$/);
    expect(executed).toEqual(['/first', '/second', '/second', '/fatal', '/fatal', '/again']);
  });

  test('closes the caller’s connection if the answer breaks off, and passes on an answer that ends with its connection', async () => {
    const engine = await startEngine((socket, text) => {
      if (text.includes('half')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
      else socket.end('HTTP/1.1 200 OK\r\n\r\nwhole');
    });
    const { port } = await startGateway(engine.http);
    const half = new Caller(port).send(post('half'));
    await half.gone();
    expect(half.text).toMatch(/half$/);
    const whole = new Caller(port).send(post('x'));
    await whole.gone();
    expect(whole.text).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwhole');
  });

  test('never gives one caller what the engine sends beyond an answer', async () => {
    const engine = await startEngine((socket, _text, connection) => {
      socket.write(ok(`from ${connection}`) + ok('stray'));
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send(post('a'));
    await caller.got(/from 1$/);
    await caller.send(post('b')).got(/from 2$/);
    expect(caller.text).not.toMatch(/stray/);
  });

  test('reads the rest of a body that the engine did not wait for as a body', async () => {
    const paths: string[] = [];
    const engine = await startEngine((socket, text) => {
      paths.push(text.split(' ')[1] ?? '');
      socket.write(ok('early'));
    });
    const { port } = await startGateway(engine.http);
    const inner = post('', '/smuggled');
    const head = `POST /outer HTTP/1.1\r\nHost: x\r\nContent-Length: ${inner.length}\r\n\r\n`;
    const caller = new Caller(port).send(head);
    await caller.got(/early$/);
    caller.send(inner + post('', '/next'));
    await caller.got(/early[\s\S]*early$/);
    expect(paths).toEqual(['/outer', '/next']);
  });

  test.each([
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 1\r\n\r\na',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\na',
    'GET / HTTP/1.1\r\nHost: x\r\nX: a\nY: b\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na',
    'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\na',
    'GET / HTTP/1.1\r\nHost: x\r\nX Y: a\r\n\r\n',
  ])('refuses %j with 400, after a plain request as well', async (odd) => {
    const seen: string[] = [];
    const engine = await startEngine((socket, text) => {
      seen.push(text);
      socket.write(ok('fine'));
    });
    const { port } = await startGateway(engine.http);
    const caller = new Caller(port).send(post('a') + odd + post('smuggled'));
    await caller.gone();
    expect(caller.text).toMatch(
      /fineHTTP\/1\.1 400 [\s\S]*\{"error":"the request is not valid HTTP\/1\.1: .+"\}$/,
    );
    expect(seen.join('')).not.toMatch(/smuggled/);
  });

  test('ends the request to the engine when the caller leaves, with or without a body under way', async () => {
    const engine = await startEngine(() => undefined);
    const { port } = await startGateway(engine.http);
    const waiting = new Caller(port).send(post('a'));
    await expect.poll(() => engine.sockets.length).toBe(1);
    waiting.socket.end();
    await expect.poll(() => engine.sockets[0]?.destroyed).toBe(true);
    const sending = new Caller(port).send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nabc');
    await expect.poll(() => engine.sockets.length).toBe(2);
    sending.socket.destroy();
    await expect.poll(() => engine.sockets[1]?.destroyed).toBe(true);
  });

  test('closes after the request under way has been answered', async () => {
    const engine = await startEngine((socket, text) => {
      if (text.includes('slow')) setTimeout(() => socket.write(ok('done')), 100);
      else socket.write(ok('quick'));
    });
    const { gateway, port } = await startGateway(engine.http);
    const idle = new Caller(port).send(post('a'));
    await idle.got(/quick$/);
    const busy = new Caller(port).send(post('slow'));
    await expect.poll(() => engine.sockets.length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await gateway[Symbol.asyncDispose]();
    await Promise.all([idle.gone(), busy.gone()]);
    expect(busy.text).toMatch(/Connection: close\r\n\r\ndone$/);
  });

  test('lets a slow caller take all of its answer before it closes', async () => {
    const size = 8 * 1024 * 1024;
    const engine = await startEngine((socket) => socket.write(ok('x'.repeat(size))));
    const { gateway, port } = await startGateway(engine.http);
    const slow = new Caller(port);
    slow.socket.pause();
    slow.send(post('a'));
    await expect.poll(() => engine.sockets.length).toBe(1);
    await expect.poll(() => (engine.sockets[0]?.bytesWritten ?? 0) > size).toBe(true);
    const closed = gateway[Symbol.asyncDispose]();
    slow.socket.resume();
    await closed;
    await slow.gone();
    expect(slow.text.length).toBeGreaterThan(size);
  });

  test('reports an answered load, once', async () => {
    let told = 0;
    const engine = await startEngine((socket) => socket.write(ok('')));
    const { port } = await startGateway(engine.http, {
      modelControlMode: 'explicit',
      onModelControl: () => {
        told += 1;
      },
    });
    const caller = new Caller(port).send(
      post('', '/v2/repository/models/m/load') + post('', '/v2/models/m/infer'),
    );
    await caller.got(/200 OK[\s\S]*200 OK/);
    expect(told).toBe(1);
  });
});
