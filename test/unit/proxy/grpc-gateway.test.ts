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
function call(client: http2.ClientHttp2Session, method: string, body = Buffer.alloc(0), fields = {}) {
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

  test('refuses loads and unloads with the words that HTTP has, and lets nothing through to the engine', async () => {
    const seen: unknown[] = [];
    const grpc = await startEngine((stream, headers) => {
      seen.push(headers[':path']);
      echo(stream, headers);
    });
    const { client } = await startGateway(grpc);
    for (const method of ['RepositoryModelLoad', 'RepositoryModelUnload']) {
      const { headers } = await call(client, method, Buffer.from('message')).result;
      expect(headers['grpc-status']).toBe('14');
      expect(decodeURI(String(headers['grpc-message']))).toBe(
        'explicit model load / unload is not allowed if polling is enabled',
      );
    }
    await call(client, 'RepositoryIndex').result;
    expect(seen).toEqual([`${SERVICE}/RepositoryIndex`]);
  });

  test('passes them on if they are allowed, and reports them', async () => {
    let told = 0;
    const options = { allowsControl: true, onModelControl: () => (told += 1) };
    const { client } = await startGateway(await startEngine(echo), options);
    const { trailers } = await call(client, 'RepositoryModelLoad').result;
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
