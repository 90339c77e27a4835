import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, exchangeBytes, open, readAnswer, requestText } from './raw-http.ts';
import { startService, type TestService } from './service.ts';

let handler: RequestListener;
let service: TestService;

afterEach(() => service[Symbol.asyncDispose]());

async function start(keys: readonly string[] = []) {
  service = await startService(undefined, {
    deployment: 'no-code',
    engine: (request, response) => handler(request, response),
    keys,
  });
  service.source.current = undefined;
}
const send = (method: string, target: string, extra: readonly string[] = [], body = '') =>
  ask(service.port, requestText(method, target, extra, body));

describe('no-code mode', () => {
  it('sends the engine nothing while the newest save is refused, and still shows its state', async () => {
    await start();
    service.source.refused = 'The newest save is broken (--strict-reload): no such operator';
    handler = () => expect.unreachable('the engine was asked');
    const answer = await send('POST', '/v2/models/m/infer', [], '{"inputs": []}');
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      503,
      { message: service.source.refused },
    ]);
    expect((await send('GET', '/')).status).toBe(503);
    expect((await send('GET', '/_triton-local/status')).status).toBe(200);
  });

  it.each([
    ['/v2/models/m/infer?a=%20b', '/v2/models/m/infer?a=%20b'],
    ['//v2//health/ready', '/v2/health/ready'],
    ['/v2', '/v2'],
    ['/api/v1/service/my-svc/v2/models/a%2Fb', '/v2/models/a%2Fb'],
    ['//api/v1/service/my-svc//v2', '/v2'],
    ['http://localhost/v2/x?y', '/v2/x?y'],
  ])('passes %s to the engine as %s', async (target, expected) => {
    await start();
    handler = (request, response) => response.end(request.url);
    const answer = await send('GET', target);
    expect([answer.status, answer.body.toString('latin1').includes(expected)]).toEqual([200, true]);
    expect(answer.header('x-triton-local-generation')).toBe('0');
  });

  it('leaves bytes and headers alone both ways', async () => {
    await start();
    const sent = Buffer.from([0, 255, 13, 10, 128, 1]);
    handler = (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(400, [
          'Content-Encoding',
          'gzip',
          'Inference-Header-Content-Length',
          request.headers['inference-header-content-length'] ?? '',
          'X-Two',
          '1',
          'X-Two',
          '2',
          'Content-Length',
          String(sent.length),
        ]);
        response.end(Buffer.concat(chunks));
      });
    };
    const extra = ['Inference-Header-Content-Length: 2', 'Content-Encoding: gzip'];
    const answer = await send('POST', '/v2/models/m/infer', extra, sent.toString('latin1'));
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual(sent);
    expect(answer.header('content-encoding')).toBe('gzip');
    expect(answer.header('Inference-Header-Content-Length')).toBe('2');
    expect(answer.headers.filter(([name]) => name === 'X-Two')).toHaveLength(2);
  });

  it('streams: the engine sees the first bytes before the last were sent, and so does the caller', async () => {
    await start();
    let first = (_chunk: string) => {};
    const seen = new Promise<string>((resolve) => {
      first = resolve;
    });
    handler = (request, response) => {
      request.once('data', (chunk) => {
        first(chunk.toString());
        response.write('early');
      });
      request.on('end', () => response.end('late'));
    };
    const socket = await open(service.port);
    let text = '';
    socket.on('data', (data) => {
      text += data;
    });
    socket.write('POST /v2/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
    expect(await seen).toBe('one');
    await expect.poll(() => text).toContain('early');
    expect(text).not.toContain('late');
    socket.write('0\r\n\r\n');
    await expect.poll(() => text).toMatch(/late\r\n0\r\n\r\n$/);
    socket.destroy();
  });

  it('says Healthy without a key, and asks one for everything else', async () => {
    await start(['k']);
    const authorizations: unknown[] = [];
    handler = (request, response) => {
      authorizations.push(request.headers.authorization);
      response.end();
    };
    expect((await send('GET', '/')).body.toString()).toBe('Healthy');
    expect((await send('GET', '/v2/health/ready')).status).toBe(401);
    expect((await send('GET', '/v2/health/ready', ['Authorization: Bearer k'])).status).toBe(200);
    expect(authorizations).toEqual([undefined]);
  });

  it('knows nothing outside /v2', async () => {
    await start();
    for (const target of ['/score', '/metrics', '/v3', '/api/v1/service/a/score']) {
      const answer = await send('GET', target);
      expect([answer.status, answer.body.toString()]).toEqual([404, '{"error":"Not Found"}']);
    }
  });

  it('passes on an answer that arrives before the body was sent', async () => {
    await start();
    handler = (_request, response) => {
      response.writeHead(413);
      response.end('too much');
    };
    const socket = await open(service.port);
    socket.write('POST /v2/x HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n');
    socket.write(Buffer.alloc(1_000_000));
    expect((await readAnswer(socket)).status).toBe(413);
    socket.destroy();
  });

  it("ends the engine's work when the caller leaves", async () => {
    await start();
    const left = new Promise<void>((resolve) => {
      handler = (_request, response) => {
        response.once('close', resolve);
        socket.destroy();
      };
    });
    const socket = await open(service.port);
    socket.write(requestText('POST', '/v2/x', [], '{}'));
    await left;
    await expect.poll(() => service.requestEvents()).toMatchObject([{ status: 499 }]);
  });

  it('ends the work on a body that turns out to be no HTTP', async () => {
    await start();
    const left = new Promise<void>((resolve) => {
      handler = (request) => {
        request.resume().once('close', resolve);
      };
    });
    const head = 'POST /v2/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const answer = await exchangeBytes(service.port, `${head}3\r\none\r\nzz\r\n`);
    expect(answer?.status).toBe(400);
    await left;
  });

  it('aborts an answer where the engine did, rather than ending it as if complete', async () => {
    await start();
    handler = (_request, response) => {
      response.writeHead(200);
      response.write('half', () => response.destroy());
    };
    await expect(
      send('GET', '/v2/x').then(({ body }) => body.toString('latin1').includes('0\r\n\r\n')),
    ).resolves.toBe(false);
  });
});

it('refuses to start without an engine', async () => {
  service = await startService();
  await expect(startService(undefined, { deployment: 'no-code' })).rejects.toMatchObject({
    code: 'SCORING_NO_ENGINE',
  });
});
