import { once } from 'node:events';
import http2 from 'node:http2';
import type net from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { GrpcGateway, type GrpcGatewayOptions } from '../../../src/proxy/index.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

type Answer = (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void;

async function startEngine(answer: Answer): Promise<string> {
  const server = http2.createServer({ maxSessionMemory: 256 });
  const sessions = new Set<http2.Http2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    answer(stream, headers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

async function startGateway(grpc: string, options: Partial<GrpcGatewayOptions> = {}, key?: string) {
  const gateway = new GrpcGateway({ allowsControl: false, ...options });
  const port = await gateway.listen('127.0.0.1', 0, 'gRPC');
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  gateway.switchTo({ http: 'http://unused', grpc, ...(key !== undefined && { headers: { 'X-Key': key } }) });
  const client = http2.connect(`http://127.0.0.1:${port}`, { maxSessionMemory: 256 });
  client.on('error', () => undefined);
  cleanups.push(() => client.destroy());
  return { gateway, client };
}

const SERVICE = '/inference.GRPCInferenceService';

/** One call: what came back, with the trailers. */
function call(client: http2.ClientHttp2Session, method: string, body: Buffer = Buffer.alloc(0), fields = {}) {
  const stream = client.request({ ':method': 'POST', ':path': `${SERVICE}/${method}`, ...fields });
  const chunks: Buffer[] = [];
  const result = new Promise<{
    headers: http2.IncomingHttpHeaders;
    trailers: http2.IncomingHttpHeaders;
    body: Buffer;
  }>((resolve, reject) => {
    let headers: http2.IncomingHttpHeaders = {};
    let trailers: http2.IncomingHttpHeaders = {};
    stream.on('response', (fields) => {
      headers = fields;
    });
    stream.on('trailers', (fields) => {
      trailers = fields;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('close', () => resolve({ headers, trailers, body: Buffer.concat(chunks) }));
  });
  stream.end(body);
  return { stream, result };
}

/** The message of a load or unload: `model_name` is its field 2. */
function message(model: string): Buffer {
  const name = Buffer.from(model);
  const fields = Buffer.concat([Buffer.of(0x12, name.length), name]);
  return Buffer.concat([Buffer.of(0, 0, 0, 0, fields.length), fields]);
}

const echo: Answer = (stream, headers) => {
  stream.respond({ ':status': 200, 'x-seen': String(headers['x-key'] ?? '') }, { waitForTrailers: true });
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
  stream.pipe(stream);
};

describe('the gateway before the gRPC of an engine', () => {
  test('passes messages of many frames and the trailers on, and adds the key', async () => {
    const { client } = await startGateway(await startEngine(echo), {}, 'secret');
    const body = Buffer.alloc(20 << 20, 'abcdefg');
    const answer = await call(client, 'ModelInfer', body, { 'x-key': 'theirs' }).result;
    expect(answer.body.equals(body)).toBe(true);
    expect(answer.headers['x-seen']).toBe('secret');
    expect(answer.trailers).toMatchObject({ 'grpc-status': '0', 'grpc-message': 'fine' });
  });

  test('passes an answer on that is trailers alone', async () => {
    const { client } = await startGateway(
      await startEngine((stream) =>
        stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true }),
      ),
    );
    const { headers, body } = await call(client, 'ModelMetadata').result;
    expect([headers['grpc-status'], body.length]).toEqual(['5', 0]);
  });

  test('refuses loads and unloads as Triton does, and lets no message of them through to the engine', async () => {
    const messages: unknown[] = [];
    const cancelled: unknown[] = [];
    const grpc = await startEngine((stream, headers) => {
      stream.on('data', () => messages.push(headers[':path']));
      stream.on('aborted', () => cancelled.push(headers[':path']));
      stream.once('end', () => {
        if (!stream.destroyed) stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
      });
    });
    const { client } = await startGateway(grpc);
    const methods = ['RepositoryModelLoad', 'RepositoryModelUnload'];
    for (const method of methods) {
      const { headers } = await call(client, method, message('m')).result;
      expect(Object.entries(headers)).toEqual([
        [':status', 200],
        ['content-type', 'application/grpc'],
        ['grpc-status', '14'],
        ['grpc-message', 'explicit model load / unload is not allowed if polling is enabled'],
      ]);
    }
    await call(client, 'RepositoryIndex', message('')).result;
    expect(messages).toEqual([`${SERVICE}/RepositoryIndex`]);
    await expect.poll(() => cancelled).toEqual(methods.map((method) => `${SERVICE}/${method}`));
  });

  test.each([
    ['a field that ends too late', [Buffer.of(0, 0, 0, 0, 3, 0x12, 9, 65)], '13'],
    ['an unknown wire type', [Buffer.of(0, 0, 0, 0, 2, 0x17, 1)], '13'],
    ['a name that is not UTF-8', [Buffer.of(0, 0, 0, 0, 4, 0x12, 2, 0xc3, 0x28)], '13'],
    ['a parameter that is broken', [Buffer.of(0, 0, 0, 0, 4, 0x1a, 2, 0x0a, 5)], '13'],
    ['half a message', [Buffer.of(0, 0, 0, 0, 9, 0x12, 1)], '13'],
    ['a name in pieces', [Buffer.of(0, 0, 0), Buffer.of(0, 3, 0x12), Buffer.of(1, 65)], '14'],
    ['an unknown field', [Buffer.of(0, 0, 0, 0, 2, 0x78, 5)], '14'],
    ['no field', [Buffer.of(0, 0, 0, 0, 0)], '14'],
    ['an unknown flag', [Buffer.of(7, 0, 0, 0, 9, 1)], '14'],
  ])('refuses a load of %s as Triton does', async (_what, pieces, status) => {
    const { client } = await startGateway(await startEngine(echo));
    const stream = client.request({ ':method': 'POST', ':path': `${SERVICE}/RepositoryModelLoad` });
    const answered = once(stream, 'response');
    for (const piece of pieces) stream.write(piece);
    stream.end();
    const [headers] = await answered;
    expect(headers['grpc-status']).toBe(status);
    if (status === '13') expect(headers['grpc-message']).toBe('Unable to parse request');
  });

  test('a call that nobody refuses goes on while others are refused, however much these send', async () => {
    const { client } = await startGateway(await startEngine(echo));
    const body = Buffer.alloc(60_000, 'abc');
    // HTTP/2 lets a client send 65,535 bytes that nobody has taken.
    for (let round = 0; round < 4; round += 1) {
      const { headers } = await call(client, 'RepositoryModelLoad', body).result;
      expect(headers['grpc-status']).toBe('14');
      const answer = await call(client, 'ModelInfer', body).result;
      expect(answer.body.equals(body)).toBe(true);
    }
  });

  test('refuses a caller that goes on sending, and tells it to stop', async () => {
    const { client } = await startGateway(await startEngine(echo));
    const stream = client.request({ ':method': 'POST', ':path': `${SERVICE}/RepositoryModelLoad` });
    const answered = once(stream, 'response');
    stream.write(message('m'));
    const [headers] = await answered;
    expect(headers['grpc-status']).toBe('14');
    stream.resume();
    await once(stream, 'close');
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_NO_ERROR);
    expect((await call(client, 'ModelInfer', message('m')).result).trailers['grpc-status']).toBe('0');
  });

  test('passes them on if they are allowed, and reports them', async () => {
    let told = 0;
    const options = { allowsControl: true, onModelControl: () => (told += 1) };
    const { client } = await startGateway(await startEngine(echo), options);
    const { trailers } = await call(client, 'RepositoryModelLoad', message('m')).result;
    expect(trailers['grpc-status']).toBe('0');
    await expect.poll(() => told).toBe(1);
  });

  test('ends the call to the engine when the caller gives up', async () => {
    const calls: http2.ServerHttp2Stream[] = [];
    const grpc = await startEngine((stream) => calls.push(stream));
    const { client } = await startGateway(grpc);
    const { stream } = call(client, 'ModelInfer');
    await expect.poll(() => calls.length).toBe(1);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await expect.poll(() => calls[0]?.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
  });

  test('an answer that breaks off is no whole one', async () => {
    const grpc = await startEngine((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half', () => stream.session?.destroy());
    });
    const { client } = await startGateway(grpc);
    const closed = new Promise((resolve) => client.once('close', resolve));
    const { trailers } = await call(client, 'ModelInfer').result.catch(() => ({ trailers: {} }));
    expect(trailers).toEqual({});
    await closed;
  });
});
