import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceServer } from '../../../../src/inference/index.ts';
import { mutate, randomNumbers, throwAt } from '../../../helpers/fuzz.ts';
import { serve } from '../golden-repository.ts';
import { TOPICS } from './cases/index.ts';
import { MODELS, writeModel } from './models.ts';

/** A minute here; by hand `TRITON_LOCAL_FUZZ_SECONDS=600`. */
const SECONDS = Number(process.env.TRITON_LOCAL_FUZZ_SECONDS ?? 60);
const SEED = Number(process.env.TRITON_LOCAL_FUZZ_SEED ?? Date.now() % 2 ** 31);
const CONNECTIONS = 8;
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
