// Calls to the repository API wait in the gateway until the engine's files are up to date.
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GrpcGateway, type GrpcGatewayOptions } from '../../../src/proxy/index.ts';
import type { RepositorySync } from '../../../src/repository/index.ts';

const SERVICE = '/inference.GRPCInferenceService';
const LOAD = 'RepositoryModelLoad';
const PATIENCE = { timeout: 25_000 };
vi.setConfig({ testTimeout: 30_000 });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The message of a load or unload: `repository_name` is its field 1, `model_name` its field 2. */
function loadFields(model: string, repository = '', rest = Buffer.alloc(0)): Buffer {
  const text = (tag: number, value: string) => {
    const bytes = Buffer.from(value);
    return value === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.of(tag, bytes.length), bytes]);
  };
  return Buffer.concat([text(0x0a, repository), text(0x12, model), rest]);
}

function message(fields: Buffer, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = isCompressed ? 1 : 0;
  prefix.writeUInt32BE(fields.length, 1);
  return Buffer.concat([prefix, fields]);
}

/** An engine that answers complete calls, with a message unless the model is called `broken`. */
async function startEngine() {
  const calls: { readonly method: string; readonly body: Buffer }[] = [];
  const streams: http2.ServerHttp2Stream[] = [];
  const server = http2.createServer();
  const sessions = new Set<http2.Http2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream, headers) => {
    streams.push(stream);
    stream.on('error', () => undefined);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      if (stream.aborted) return;
      const body = Buffer.concat(chunks);
      calls.push({ method: String(headers[':path']).slice(SERVICE.length + 1), body });
      if (body.includes('broken')) {
        stream.respond({ ':status': 200, 'grpc-status': '13' }, { endStream: true });
        return;
      }
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(message(Buffer.alloc(0)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { grpc: `127.0.0.1:${(server.address() as net.AddressInfo).port}`, calls, streams };
}

/** Files that are up to date once `finish` is called. */
class SlowSync implements RepositorySync {
  readonly begun: string[] = [];
  readonly ended: boolean[] = [];
  readonly #waiting: (() => void)[] = [];
  failure: Error | undefined;
  isFast = false;

  async begin(action: string, model?: string) {
    this.begun.push(`${action} ${model}`);
    if (!this.isFast) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.failure) throw this.failure;
    return {
      end: async (succeeded: boolean) => {
        this.ended.push(succeeded);
      },
    };
  }

  finish(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

async function start(options: Partial<GrpcGatewayOptions> = {}, session: http2.ClientSessionOptions = {}) {
  const engine = await startEngine();
  const sync = new SlowSync();
  const gateway = new GrpcGateway({ allowsControl: true, sync, ...options });
  const port = await gateway.listen('127.0.0.1', 0, 'gRPC');
  cleanups.push(() => gateway[Symbol.asyncDispose]());
  gateway.switchTo({ http: 'http://unused', grpc: engine.grpc });
  const client = http2.connect(`http://127.0.0.1:${port}`, session);
  client.on('error', () => undefined);
  cleanups.push(() => client.destroy());
  return { ...engine, sync, client, port, gateway };
}

function call(client: http2.ClientHttp2Session, method: string, ...pieces: readonly Buffer[]) {
  const stream = client.request({ ':method': 'POST', ':path': `${SERVICE}/${method}`, te: 'trailers' });
  const result = new Promise<http2.IncomingHttpHeaders>((resolve, reject) => {
    let fields: http2.IncomingHttpHeaders = {};
    for (const event of ['response', 'trailers'] as const)
      stream.on(event, (more: http2.IncomingHttpHeaders) => {
        fields = { ...fields, ...more };
      });
    stream.on('error', reject);
    stream.on('close', () => resolve(fields));
  });
  result.catch(() => undefined);
  stream.resume();
  for (const piece of pieces) stream.write(piece);
  stream.end();
  return { stream, result };
}

describe('a call to the repository API', () => {
  test('waits for the files, others on its connection do not, and the turn ends with its answer', async () => {
    const { client, sync, calls } = await start();
    const body = message(loadFields('m'));
    const loading = call(client, LOAD, body);
    await expect.poll(() => sync.begun, PATIENCE).toEqual(['load m']);
    const infer = await call(client, 'ModelInfer', message(Buffer.alloc(30_000))).result;
    expect(infer['grpc-status']).toBe('0');
    expect(calls.map(({ method }) => method)).toEqual(['ModelInfer']);
    expect(sync.ended).toEqual([]);
    sync.finish();
    expect((await loading.result)['grpc-status']).toBe('0');
    expect(calls[1]).toEqual({ method: LOAD, body });
    await expect.poll(() => sync.ended, PATIENCE).toEqual([true]);
  });

  test.each([
    ['of a load that failed', LOAD, 'broken', 'load broken', false],
    ['of an unload', 'RepositoryModelUnload', 'm', 'unload m', true],
    ['of an index', 'RepositoryIndex', '', 'index ', true],
  ])('the turn %s ends as the engine answers', async (_what, method, model, begun, succeeded) => {
    const { client, sync } = await start();
    sync.isFast = true;
    await call(client, method, message(loadFields(model))).result;
    expect(sync.begun).toEqual([begun]);
    await expect.poll(() => sync.ended, PATIENCE).toEqual([succeeded]);
  });

  test.each([
    ['in many pieces', [...message(loadFields('modèle'))].map((byte) => Buffer.of(byte))],
    ['after the name of its repository', [message(loadFields('modèle', 'repository'))]],
    ['compressed by gzip', [message(gzipSync(loadFields('modèle')), true)]],
    ['compressed by deflate', [message(deflateSync(loadFields('modèle')), true)]],
    ['with a file of a megabyte', [message(loadFields('modèle', '', Buffer.alloc(1 << 20, 0x1a)))]],
  ])('a name is found %s', async (_how, pieces) => {
    const { client, sync, calls } = await start();
    sync.isFast = true;
    expect((await call(client, LOAD, ...pieces).result)['grpc-status']).toBe('0');
    expect(sync.begun).toEqual(['load modèle']);
    expect(calls[0]?.body.equals(Buffer.concat(pieces))).toBe(true);
  });

  test('a name is found among padding', async () => {
    const { client, sync, calls } = await start(
      {},
      { paddingStrategy: http2.constants.PADDING_STRATEGY_MAX },
    );
    sync.isFast = true;
    await call(client, LOAD, message(loadFields('m'))).result;
    expect(sync.begun).toEqual(['load m']);
    expect(calls[0]?.body).toEqual(message(loadFields('m')));
  });

  test.each([
    ['of other fields', message(Buffer.of(0x22, 1, 0x61))],
    ['that breaks off', message(loadFields('model')).subarray(0, 9)],
    ['of nothing', Buffer.of(0)],
  ])('a message %s goes to the engine, which refuses it', async (_what, body) => {
    const { client, sync, calls } = await start();
    await call(client, LOAD, body).result;
    expect(sync.begun).toEqual([]);
    expect(calls).toEqual([{ method: LOAD, body }]);
  });

  test('is refused where the files cannot be updated, and later calls pass', async () => {
    const { client, sync, calls } = await start();
    sync.isFast = true;
    sync.failure = new Error('still being written');
    for (let round = 0; round < 3; round += 1) {
      const body = message(loadFields('modèle 1', '', Buffer.alloc(50_000)));
      const fields = await call(client, LOAD, body).result;
      expect(fields['grpc-status']).toBe('13');
      expect(fields['grpc-message']).toBe(
        "failed to load 'mod%C3%A8le 1', failed to poll from model repository",
      );
    }
    expect(calls).toEqual([]);
    await call(client, 'ModelInfer', message(Buffer.alloc(50_000))).result;
    expect(calls.map(({ method }) => method)).toEqual(['ModelInfer']);
  });

  test('that its caller gives up never reaches the engine', async () => {
    const { client, sync, calls, streams } = await start();
    const { stream } = call(client, LOAD, message(loadFields('m')));
    await expect.poll(() => sync.begun, PATIENCE).toEqual(['load m']);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await expect.poll(() => streams[0]?.aborted, PATIENCE).toBe(true);
    sync.finish();
    await expect.poll(() => sync.ended, PATIENCE).toEqual([false]);
    expect(calls).toEqual([]);
  });

  test('ends its turn where its connection is lost', async () => {
    const { client, sync, streams } = await start();
    call(client, LOAD, message(loadFields('m')));
    await expect.poll(() => sync.begun, PATIENCE).toEqual(['load m']);
    client.destroy();
    await expect.poll(() => streams[0]?.destroyed, PATIENCE).toBe(true);
    sync.finish();
    await expect.poll(() => sync.ended, PATIENCE).toEqual([false]);
  });

  test('is carried out in the same way when its bytes come one by one', async () => {
    const recorded: Buffer[] = [];
    const recorder = net.createServer((socket) => {
      socket.on('data', (chunk) => recorded.push(chunk));
      socket.on('error', () => undefined);
      cleanups.push(() => socket.destroy());
    });
    recorder.listen(0, '127.0.0.1');
    await once(recorder, 'listening');
    cleanups.push(() => recorder.close());
    const client = http2.connect(`http://127.0.0.1:${(recorder.address() as net.AddressInfo).port}`);
    client.on('error', () => undefined);
    cleanups.push(() => client.destroy());
    call(client, LOAD, message(loadFields('m')));
    call(client, 'ModelInfer', message(Buffer.alloc(40)));
    const isWhole = () => Buffer.concat(recorded).includes(message(Buffer.alloc(40)));
    await expect.poll(isWhole, PATIENCE).toBe(true);

    const { port, sync, calls } = await start();
    sync.isFast = true;
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.resume();
    cleanups.push(() => socket.destroy());
    for (const byte of Buffer.concat(recorded)) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    await expect.poll(() => calls.map(({ method }) => method).sort(), PATIENCE).toEqual(['ModelInfer', LOAD]);
    expect(sync.begun).toEqual(['load m']);
    await expect.poll(() => sync.ended, PATIENCE).toEqual([true]);
  });
});
