// Damaged HTTP/2 through the gateway: whatever a connection sends, no load gets through, others are served, and nothing
// of it stays behind.
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Flag, FrameType, makeFrame, makeHeaders, makeReset, PREFACE } from '../../../src/http2/frame.ts';
import { encodeHeaders } from '../../../src/http2/header-block.ts';
import { GrpcGateway } from '../../../src/proxy/index.ts';

const RUNS = 200;
const SERVICE = '/inference.GRPCInferenceService/';
const METHODS = ['ModelInfer', 'RepositoryModelLoad', 'RepositoryModelUnload', 'RepositoryIndex'] as const;
const LIMIT_MS = 120_000;

const cleanups: (() => unknown)[] = [];
/** Connections of the gateway to the engine. */
const connections = new Set<net.Socket>();
let port = 0;
/** Messages of loads and unloads that the engine has received. */
let loads = 0;
/** Turns that have begun and not ended. */
let turns = 0;

beforeAll(async () => {
  const engine = http2.createServer();
  engine.on('session', (session) => session.on('error', () => undefined));
  engine.on('sessionError', () => undefined);
  engine.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    const isControl = /RepositoryModel/.test(String(headers[':path']));
    stream.on('data', () => {
      if (isControl) loads += 1;
    });
    stream.once('end', () => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.alloc(5));
    });
  });
  engine.listen(0, '127.0.0.1');
  await once(engine, 'listening');
  // node:http2 keeps some connections that have ended; this shows which of them the gateway has closed.
  const front = net.createServer((socket) => {
    const { port } = engine.address() as net.AddressInfo;
    const onward = net.connect(port, '127.0.0.1');
    connections.add(socket);
    socket.once('close', () => {
      connections.delete(socket);
      onward.destroy();
    });
    onward.once('close', () => socket.destroy());
    for (const side of [socket, onward]) side.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const sync = {
    begin: async () => {
      turns += 1;
      return {
        end: async () => {
          turns -= 1;
        },
      };
    },
  };
  const gateway = new GrpcGateway({ allowsControl: false, sync });
  port = await gateway.listen('127.0.0.1', 0, 'gRPC');
  gateway.switchTo({
    http: 'http://unused',
    grpc: `127.0.0.1:${(front.address() as net.AddressInfo).port}`,
  });
  cleanups.push(
    () => engine.close(),
    () => front.close(),
    () => gateway[Symbol.asyncDispose](),
  );
});

afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** The frames of one call; an odd number names its stream. */
const call = fc
  .record({
    method: fc.constantFrom(...METHODS),
    messages: fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 3 }),
    cancels: fc.boolean(),
    splits: fc.boolean(),
  })
  .map(({ method, messages, cancels, splits }) => (streamId: number) => {
    const fields = { ':method': 'POST', ':scheme': 'http', ':path': SERVICE + method, te: 'trailers' };
    const block = encodeHeaders(Object.entries(fields).map(([name, value]) => ({ name, value })));
    const frames = splits
      ? [
          makeFrame(FrameType.HEADERS, 0, streamId, block.subarray(0, 20)),
          makeFrame(FrameType.CONTINUATION, Flag.END_HEADERS, streamId, block.subarray(20)),
        ]
      : [makeHeaders(streamId, block, messages.length === 0)];
    for (const [index, message] of messages.entries()) {
      const flags = index === messages.length - 1 && !cancels ? Flag.END_STREAM : 0;
      frames.push(makeFrame(FrameType.DATA, flags, streamId, Buffer.from(message)));
    }
    if (cancels) frames.push(makeReset(streamId, 8));
    return frames;
  });

const damage = fc.record({
  at: fc.nat(100_000),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 12 }),
  kind: fc.constantFrom('none', 'overwrite', 'insert', 'remove', 'cut off'),
});

const session = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 8 }),
  damage,
  cuts: fc.array(fc.nat(400), { maxLength: 6 }),
});

function damaged(
  bytes: Buffer,
  { at, bytes: others, kind }: typeof damage extends fc.Arbitrary<infer T> ? T : never,
) {
  const place = at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  if (kind === 'cut off') return before;
  if (kind === 'none') return bytes;
  const skipped = kind === 'insert' ? 0 : others.length;
  return Buffer.concat([
    before,
    ...(kind === 'remove' ? [] : [Buffer.from(others)]),
    after.subarray(skipped),
  ]);
}

async function infer(): Promise<unknown> {
  const client = http2.connect(`http://127.0.0.1:${port}`);
  client.on('error', () => undefined);
  try {
    const stream = client.request({ ':method': 'POST', ':path': `${SERVICE}ModelInfer`, te: 'trailers' });
    stream.resume();
    stream.end(Buffer.alloc(5));
    const [trailers] = await once(stream, 'trailers');
    return trailers['grpc-status'];
  } finally {
    client.destroy();
  }
}

test(
  'leaves no trace',
  async () => {
    await fc.assert(
      fc.asyncProperty(session, async ({ calls, damage, cuts }) => {
        const frames = calls.flatMap((make, index) => make(2 * index + 1));
        const settings = makeFrame(4, 0, 0, Buffer.alloc(0));
        const bytes = damaged(Buffer.concat([PREFACE, settings, ...frames]), damage);
        const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
        socket.on('error', () => undefined);
        socket.resume();
        let from = 0;
        for (const cut of cuts) {
          if (!socket.destroyed) socket.write(bytes.subarray(from, from + cut));
          from += cut;
          await new Promise(setImmediate);
        }
        if (!socket.destroyed) socket.write(bytes.subarray(from));
        expect(await infer()).toBe('0');
        socket.destroy();
      }),
      { numRuns: RUNS },
    );
    expect(loads).toBe(0);
    await expect.poll(() => turns, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => connections.size, { timeout: 20_000 }).toBe(0);
  },
  LIMIT_MS,
);
