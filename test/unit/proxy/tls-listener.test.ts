import { once } from 'node:events';
import { createServer, get as getHttp, type IncomingMessage, type RequestListener } from 'node:http';
import { Agent, get as getHttps } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DrainingServer } from '../../../src/base/index.ts';
import { TlsListener } from '../../../src/proxy/endpoint/tls-listener.ts';
import { type LocalCertificate, localCertificate } from '../../../src/workspace/index.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

describe('HTTP and HTTPS on one port', () => {
  const cleanups: (() => unknown)[] = [];
  let home: TempFolder;
  let certificate: LocalCertificate;
  let ca: string;
  beforeAll(async () => {
    home = await TempFolder.create();
    certificate = await localCertificate(home.directory);
    ca = certificate.authority;
  });
  afterAll(() => home[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(
    answer: RequestListener,
    used = certificate,
    renew = async (): Promise<LocalCertificate> => certificate,
  ) {
    const http = createServer((request, response) => {
      server.track(request, response);
      answer(request, response);
    });
    const server = new DrainingServer(http, { drainMs: 20_000 });
    const listener = new TlsListener({ server: http, certificate: used, renew });
    const port = await server.listen('127.0.0.1', 0, 'test');
    const close = async () => {
      const closed = server.close();
      listener.close();
      await closed;
    };
    cleanups.push(close);
    return { port, close };
  }

  function fetchText(url: string, agent = new Agent({ maxCachedSessions: 0 })): Promise<string> {
    return new Promise((resolve, reject) => {
      const onResponse = async (response: IncomingMessage) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(text);
      };
      const request = url.startsWith('https:')
        ? getHttps(url, { ca, agent }, onResponse)
        : getHttp(url, onResponse);
      request.once('error', reject);
    });
  }

  /** Resolves when it is closed, in order or not. */
  function closing(socket: net.Socket): Promise<void> {
    socket.on('error', () => undefined).resume();
    return new Promise((resolve) => socket.once('close', () => resolve()));
  }

  const sayKind: RequestListener = ({ socket }, response) =>
    response.end(`${socket instanceof tls.TLSSocket} ${socket.remotePort}`);

  it('answers both, several requests on one connection each', async () => {
    const { port } = await start(sayKind);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    cleanups.push(() => agent.destroy());
    const answers = [];
    for (let count = 0; count < 3; count += 1)
      answers.push(await fetchText(`https://127.0.0.1:${port}/`, agent));
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^true \d/);
    expect(await fetchText(`https://localhost:${port}/`)).toMatch(/^true/);
    expect(await fetchText(`http://127.0.0.1:${port}/`)).toMatch(/^false/);
  });

  it('answers bytes that come one by one', async () => {
    const { port } = await start(sayKind);
    // A relay that hands the client's bytes on singly.
    const relay = net.createServer((client) => {
      const upstream = net.connect({ port, host: '127.0.0.1', noDelay: true });
      client.on('data', (bytes) => {
        for (const byte of bytes) upstream.write(Buffer.from([byte]));
      });
      upstream.pipe(client);
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.once('close', () => upstream.destroy());
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    cleanups.push(() => relay.close());
    const { port: slow } = relay.address() as AddressInfo;
    expect(await fetchText(`https://127.0.0.1:${slow}/`)).toMatch(/^true/);
    expect(await fetchText(`http://127.0.0.1:${slow}/`)).toMatch(/^false/);
  });

  it('closes a connection that begins like TLS and is not, and serves on', async () => {
    const { port } = await start(sayKind);
    for (const bytes of ['\x16\x03\x01\x00\x05hello', `\x16${'x'.repeat(100_000)}`]) {
      const socket = net.connect(port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
      await closing(socket);
    }
    const silent = net.connect(port, '127.0.0.1', () => silent.end());
    await closing(silent);
    expect(await fetchText(`https://127.0.0.1:${port}/`)).toMatch(/^true/);
  });

  it('closes after the requests in progress, whatever other connections do', async () => {
    let finish = () => {};
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { port, close } = await start((_request, response) => {
      finish = () => response.end('done');
      arrived();
    });
    const answer = fetchText(`https://127.0.0.1:${port}/`);
    await arrival;
    const silent = net.connect(port, '127.0.0.1');
    const halfway = net.connect(port, '127.0.0.1', () => halfway.write('\x16\x03\x01'));
    await Promise.all([once(silent, 'connect'), once(halfway, 'connect')]);
    const ended = [closing(silent), closing(halfway)];
    const closed = close();
    await Promise.all(ended);
    finish();
    expect(await answer).toBe('done');
    await closed;
  });

  it('uses a renewed certificate for the connections after the one that finds it due', async () => {
    const other = await TempFolder.create();
    cleanups.push(() => other[Symbol.asyncDispose]());
    const renewed = await localCertificate(other.directory);
    const { port } = await start(sayKind, { ...certificate, renewAt: 0 }, async () => renewed);
    expect(await fetchText(`https://127.0.0.1:${port}/`)).toMatch(/^true/);
    await expect(fetchText(`https://127.0.0.1:${port}/`)).rejects.toThrow(/certificate/);
    ca = renewed.authority;
    expect(await fetchText(`https://127.0.0.1:${port}/`)).toMatch(/^true/);
    ca = certificate.authority;
  });
});
