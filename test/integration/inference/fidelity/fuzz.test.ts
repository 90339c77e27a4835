import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceServer } from '../../../../src/inference/index.ts';
import { serve } from '../golden-repository.ts';
import { TOPICS } from './cases/index.ts';
import { MODELS, writeModel } from './models.ts';

/** A minute here; by hand `TRITON_LOCAL_FUZZ_SECONDS=600`. */
const SECONDS = Number(process.env.TRITON_LOCAL_FUZZ_SECONDS ?? 60);
const SEED = Number(process.env.TRITON_LOCAL_FUZZ_SEED ?? Date.now() % 2 ** 31);
const CONNECTIONS = 8;
const PATIENCE_MS = 2_000;
const GROWTH_BYTES = 150 * 1024 * 1024;

describe('the HTTP listener under fuzzed bytes', () => {
  let repository: string;
  let server: InferenceServer;

  beforeAll(async () => {
    repository = path.join(mkdtempSync(path.join(tmpdir(), 'triton-local-fuzz-')), 'models');
    mkdirSync(repository);
    for (const model of MODELS) writeModel(repository, model, 'onnxruntime');
    server = await serve(repository, 'explicit');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(path.dirname(repository), { recursive: true, force: true });
  });

  it('goes on serving, and does not grow', { timeout: (SECONDS + 60) * 1_000 }, async () => {
    const random = randomNumbers(SEED);
    const port = Number(new URL(server.httpUrl).port);
    const corpus = TOPICS.flatMap(([, cases]) => cases).flatMap(({ requests }) => requests);
    let sent = 0;
    const bombard = async (until: number) => {
      while (performance.now() < until) {
        const { bytes } = corpus[random(corpus.length)] ?? { bytes: Buffer.alloc(0) };
        const other = corpus[random(corpus.length)]?.bytes ?? Buffer.alloc(0);
        await throwAt(port, mutate(bytes.subarray(0, 20_000), other.subarray(0, 20_000), random));
        sent += 1;
      }
    };
    const run = async (seconds: number) => {
      const until = performance.now() + seconds * 1_000;
      await Promise.all(Array.from({ length: CONNECTIONS }, () => bombard(until)));
      expect((await fetch(`${server.httpUrl}/v2/health/live`)).status, `seed ${SEED}`).toBe(200);
      return process.memoryUsage().rss;
    };
    // What is loaded, compiled and pooled in the first part is no growth.
    const before = await run(SECONDS / 3);
    const after = await run((SECONDS * 2) / 3);
    const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
    process.stdout.write(
      `fuzz: ${sent} requests in ${SECONDS} s (seed ${SEED}), memory ${megabytes(before)} after a third, ${megabytes(after)} at the end\n`,
    );
    expect(after - before).toBeLessThan(GROWTH_BYTES);
  });
});

/** Writes bytes and waits for the end of the connection, or for as long as an answer may take. */
function throwAt(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.resume();
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

type Random = (below: number) => number;

/** A small generator with a seed, so that a run can be repeated (mulberry32). */
function randomNumbers(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const MUTATIONS: readonly ((bytes: Buffer, other: Buffer, random: Random) => Buffer)[] = [
  (bytes, _other, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, other, random) =>
    Buffer.concat([bytes.subarray(0, random(bytes.length + 1)), other.subarray(random(other.length + 1))]),
  (bytes, _other, random) => {
    const flipped = Buffer.from(bytes);
    for (let times = random(8) + 1; times > 0; times -= 1)
      if (flipped.length > 0) flipped[random(flipped.length)] = random(256);
    return flipped;
  },
  (bytes, _other, random) => {
    const at = random(bytes.length + 1);
    const piece = bytes.subarray(at, at + random(64));
    return Buffer.concat([bytes.subarray(0, at), piece, piece, bytes.subarray(at)]);
  },
  (bytes, _other, random) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/\d+/g, (digits) =>
          random(4) > 0
            ? digits
            : (['0', '-1', '4294967296', '9223372036854775807', '1e308'][random(5)] ?? '0'),
        ),
      'latin1',
    ),
  (bytes, _other, random) =>
    Buffer.from(
      bytes
        .toString('latin1')
        .replace(/[[{"]/g, (sign) => (random(12) > 0 ? sign : sign.repeat(random(300)))),
      'latin1',
    ),
];

function mutate(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let mutated = bytes;
  for (let times = random(3) + 1; times > 0; times -= 1)
    mutated = MUTATIONS[random(MUTATIONS.length)]?.(mutated, other, random) ?? mutated;
  return mutated;
}
