import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceServer } from '../../../../src/inference/index.ts';
import { mutate, type Random, randomNumbers, throwAt } from '../../../helpers/fuzz.ts';
import { frame, GrpcConnection } from '../../../helpers/grpc-call.ts';
import { GrpcInterface, TRITON_SERVICE } from '../../../helpers/grpc-interface.ts';
import {
  END_HEADERS,
  END_STREAM,
  FRAME,
  grpcCallBytes,
  headerBlock,
  http2Frame,
  PREFACE,
} from '../../../helpers/http2-bytes.ts';
import { peerPython } from '../../../helpers/python.ts';
import { MODELS, writeModel } from '../fidelity/models.ts';
import { portOf } from '../fidelity/pair.ts';
import { serve } from '../golden-repository.ts';
import { GOOD, infer } from './cases/case.ts';
import { TOPICS } from './cases/index.ts';
import { exchange } from './exchange.ts';

/** Half a minute here; by hand `TRITON_LOCAL_FUZZ_SECONDS=600`. */
const SECONDS = Number(process.env.TRITON_LOCAL_FUZZ_SECONDS ?? 20);
const SEED = Number(process.env.TRITON_LOCAL_FUZZ_SEED ?? Date.now() % 2 ** 31);
const CONNECTIONS = 8;
const GROWTH_BYTES = 150 * 1024 * 1024;
const INFER = `/${TRITON_SERVICE}/ModelInfer`;
const STREAM = `/${TRITON_SERVICE}/ModelStreamInfer`;
const METHODS = [
  'ModelInfer',
  'ModelStreamInfer',
  'ModelMetadata',
  'ModelConfig',
  'LogSettings',
  'ServerLive',
];

/** Enough of the models that the calls are about. */
const SERVED = new Set([
  'identity_fp32',
  'identity_bytes',
  'add_sub',
  'batch_fp32',
  'versions',
  'decoupled',
  'control',
]);

describe.skipIf(!peerPython)('the gRPC listener under fuzzed bytes', () => {
  let repository: string;
  let server: InferenceServer;
  let grpc: GrpcInterface;
  let calls: readonly { readonly path: string; readonly body: Buffer }[];

  beforeAll(async () => {
    repository = path.join(mkdtempSync(path.join(tmpdir(), 'triton-local-fuzz-')), 'models');
    mkdirSync(repository);
    for (const model of MODELS.filter(({ name }) => SERVED.has(name)))
      writeModel(repository, model, 'onnxruntime');
    server = await serve(repository, 'explicit');
    grpc = await GrpcInterface.ofRealClient();
    calls = TOPICS.flatMap(([, cases]) => cases)
      .flatMap(({ requests }) => requests)
      .map((request) => ({
        path: request.path,
        body: Buffer.concat(
          request.body.map((piece) =>
            Buffer.isBuffer(piece) ? piece : frame(grpc.encode(request.path, piece)),
          ),
        ).subarray(0, 20_000),
      }));
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(path.dirname(repository), { recursive: true, force: true });
  });

  it('keeps serving, and does not grow', { timeout: (SECONDS + 150) * 1_000 }, async () => {
    process.stdout.write(`gRPC fuzz: seed ${SEED}\n`);
    const random = randomNumbers(SEED);
    const port = portOf(server.sides.grpc);
    const any = () => calls[random(calls.length)] ?? { path: INFER, body: Buffer.alloc(0) };
    let sent = 0;
    const bombard = async (until: number) => {
      while (performance.now() < until) {
        await ATTACKS[random(ATTACKS.length)]?.(port, any, random);
        sent += 1;
      }
    };
    const run = async (seconds: number) => {
      const until = performance.now() + seconds * 1_000;
      await Promise.all(Array.from({ length: CONNECTIONS }, () => bombard(until)));
      const answer = await exchange(port, grpc, infer('add_sub', GOOD));
      expect(answer, `seed ${SEED}`).toMatchObject({ http: 200, status: 3 });
      expect(await exchange(port, grpc, infer('identity_fp32', GOOD))).toMatchObject({
        http: 200,
        status: 0,
      });
      return process.memoryUsage().rss;
    };
    // What is loaded, compiled and pooled in the first part is no growth.
    const before = await run(SECONDS / 3);
    const after = await run((SECONDS * 2) / 3);
    const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
    process.stdout.write(
      `gRPC fuzz: ${sent} attacks in ${SECONDS} s, memory ${megabytes(before)} after a third, ${megabytes(after)} at the end\n`,
    );
    expect(after - before).toBeLessThan(GROWTH_BYTES);
  });

  it('answers scrapes beside fuzzed bytes on the port of metrics', { timeout: 60_000 }, async () => {
    const random = randomNumbers(SEED);
    const port = portOf(server.sides.metrics);
    const scrape = () => Buffer.from(SCRAPES[random(SCRAPES.length)] ?? '');
    const until = performance.now() + (SECONDS / 4) * 1_000;
    const bombard = async () => {
      while (performance.now() < until) await throwAt(port, mutate(scrape(), scrape(), random));
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, bombard));
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(answer.status, `seed ${SEED}`).toBe(200);
    expect(await answer.text()).toContain('nv_inference_request_success');
  });

  it('answers beside ten thousand streams that never end', { timeout: 120_000 }, async () => {
    const port = portOf(server.sides.grpc);
    const sockets = Array.from({ length: 10 }, () => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(Buffer.concat([PREFACE, openStreams(1_000)])),
      );
      socket.on('error', () => undefined);
      return socket.resume();
    });
    try {
      expect(await exchange(port, grpc, infer('identity_fp32', GOOD))).toMatchObject({ status: 0 });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    expect(await exchange(port, grpc, infer('identity_fp32', GOOD))).toMatchObject({ status: 0 });
  });

  it('bounds what a compressed message may become', { timeout: 120_000 }, async () => {
    const port = portOf(server.sides.grpc);
    const zeros = gzipSync(Buffer.alloc(128 * 1024 * 1024));
    const before = process.memoryUsage().rss;
    for (let times = 0; times < 4; times += 1) {
      using connection = new GrpcConnection(port);
      const headers = { 'grpc-encoding': 'gzip' };
      const { status } = await connection.exchange(INFER, frame(zeros, true), { headers });
      expect(status).toBeGreaterThan(0);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(1_000 * 1024 * 1024);
    expect(await exchange(port, grpc, infer('identity_fp32', GOOD))).toMatchObject({ status: 0 });
  });
});

const SCRAPES = [
  'GET /metrics HTTP/1.1\r\nHost: localhost:8002\r\nAccept: application/openmetrics-text; version=1.0.0\r\n\r\n',
  'GET /metrics HTTP/1.0\r\nAccept-Encoding: gzip, deflate\r\nX-Long: {[{[{["1234567890"]}]}]}\r\n\r\n',
  'POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n0\r\n\r\n',
  'HEAD //metrics?name[]=a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: keep-alive\r\n\r\n0123456789',
];

type Call = () => { readonly path: string; readonly body: Buffer };
type Attack = (port: number, any: Call, random: Random) => Promise<void>;

const conversation = (path: string, body: Buffer) => Buffer.concat([PREFACE, grpcCallBytes(path, body)]);
const method = (random: Random) => `/${TRITON_SERVICE}/${METHODS[random(METHODS.length)]}`;
const repeated = (count: number, make: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_none, index) => make(index)));
const noise = (length: number, random: Random) => Buffer.from(Array.from({ length }, () => random(256)));

/** Streams of gRPC that are opened and left. */
function openStreams(count: number): Buffer {
  return repeated(count, (index) => grpcCallBytes(STREAM, Buffer.alloc(0), 2 * index + 1).subarray(0, -9));
}

const ATTACKS: readonly Attack[] = [
  // The bytes of a whole conversation, mutated.
  (port, any, random) => {
    const [one, other] = [any(), any()];
    return throwAt(
      port,
      mutate(conversation(one.path, one.body), conversation(other.path, other.body), random),
    );
  },
  // Whole frames, mutated messages.
  (port, any, random) => {
    const { path: asked, body } = any();
    return throwAt(
      port,
      conversation(asked, frame(mutate(body.subarray(5), any().body.subarray(5), random))),
    );
  },
  (port, any, random) => throwAt(port, conversation(method(random), mutate(any().body, any().body, random))),
  // Frames of gRPC with another length or flag.
  (port, any, random) => {
    const body = Buffer.from(any().body);
    if (body.length >= 5) body.writeUIntBE(random(2 ** 31), 0, 5);
    return throwAt(port, conversation(method(random), body));
  },
  // A message in pieces, some of them empty.
  (port, any, random) => {
    const { path: asked, body } = any();
    const head = grpcCallBytes(asked, Buffer.alloc(0)).subarray(0, -9);
    const pieces = repeated(random(200), (index) =>
      http2Frame(FRAME.DATA, 0, 1, body.subarray(index, index + random(2))),
    );
    return throwAt(port, Buffer.concat([PREFACE, head, pieces]));
  },
  // Streams that are reset at once.
  (port, any, random) =>
    throwAt(
      port,
      Buffer.concat([
        PREFACE,
        repeated(random(300), (index) =>
          Buffer.concat([
            grpcCallBytes(STREAM, any().body.subarray(0, 200), 2 * index + 1),
            http2Frame(FRAME.RST_STREAM, 0, 2 * index + 1, Buffer.from([0, 0, 0, random(14)])),
          ]),
        ),
      ]),
    ),
  // Streams that are left open.
  (port, _any, random) => throwAt(port, Buffer.concat([PREFACE, openStreams(random(300))])),
  // Floods of frames that want an answer, or none.
  (port, _any, random) => {
    const [type = 0, length = 0] =
      [
        [FRAME.SETTINGS, 0],
        [FRAME.SETTINGS, 6],
        [FRAME.PING, 8],
        [FRAME.WINDOW_UPDATE, 4],
        [FRAME.PRIORITY, 5],
        [FRAME.DATA, 0],
        [FRAME.PUSH_PROMISE, 4],
        [FRAME.GOAWAY, 8],
      ][random(8)] ?? [];
    const flood = repeated(random(2_000), () => http2Frame(type, 0, random(3), noise(length, random)));
    return throwAt(port, Buffer.concat([PREFACE, flood]));
  },
  // Frames of any type, with any flags and lengths, padded ones too.
  (port, any, random) => {
    const { path: asked, body } = any();
    const frames = repeated(random(300), () =>
      http2Frame(random(11), random(256), random(4), noise(random(40), random)),
    );
    return throwAt(port, Buffer.concat([conversation(asked, body).subarray(0, -random(9) - 1), frames]));
  },
  // Header fields without an end.
  (port, _any, random) => {
    const block = headerBlock({ ':method': 'POST', ':path': INFER, 'x-long': 'x'.repeat(random(20_000)) });
    const more = repeated(random(300), () =>
      http2Frame(FRAME.CONTINUATION, 0, 1, headerBlock({ 'x-more': 'x'.repeat(random(200)) })),
    );
    return throwAt(
      port,
      Buffer.concat([PREFACE, http2Frame(FRAME.HEADERS, 0, 1, block.subarray(0, 16_000)), more]),
    );
  },
  // Header fields that are no HPACK, or wrong ones.
  (port, any, random) => {
    const block = mutate(
      headerBlock({ ':method': 'POST', ':path': any().path, te: 'trailers' }),
      noise(64, random),
      random,
    );
    return throwAt(
      port,
      Buffer.concat([
        PREFACE,
        http2Frame(FRAME.HEADERS, END_HEADERS | END_STREAM, 1, block.subarray(0, 16_000)),
      ]),
    );
  },
  // Compressed messages that become large, or are broken.
  async (port, any, random) => {
    using connection = new GrpcConnection(port);
    const zeros = gzipSync(Buffer.alloc(random(4) === 0 ? 16 * 1024 * 1024 : random(100_000)));
    const message = random(2) === 0 ? zeros : mutate(zeros, any().body, random);
    const headers = { 'grpc-encoding': random(2) === 0 ? 'gzip' : 'deflate' };
    await connection.exchange(INFER, frame(message, true), { headers });
  },
  // A client that sends a few bytes at a time and then leaves.
  async (port, any, random) => {
    const { path: asked, body } = any();
    const bytes = conversation(asked, body);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    for (let at = 0; at < bytes.length && at < 400; at += 40) {
      socket.write(bytes.subarray(at, at + 1 + random(40)));
      await sleep(random(30));
    }
    socket.destroy();
  },
];
