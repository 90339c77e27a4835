// How fast the workers are without HTTP. One JSON line a figure. Python from TRITON_LOCAL_TEST_PYTHON (it needs numpy and
// tritonclient[http]) or python3.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type ScorePool, ScorePoolFactory, type ScoreRequest } from '../../../src/python/index.ts';

const interpreter = process.env.TRITON_LOCAL_TEST_PYTHON ?? 'python3';
const directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-bench-'));
const entryScript = path.join(directory, 'score.py');
const request: ScoreRequest = {
  id: 'bench',
  method: 'POST',
  target: '/score',
  headers: [
    ['Host', 'localhost:6789'],
    ['Content-Type', 'application/json'],
    ['Content-Length', '13'],
  ],
  body: Buffer.from('{"data":[1]}\n'),
};

let factory = new ScorePoolFactory();
const start = (workers: number, generation = 1) =>
  factory.start(
    {
      generation,
      workers,
      interpreter,
      entryScript,
      sourceDirectory: directory,
      dataDirectory: path.join(directory, 'data'),
      environment: Object.fromEntries(
        Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      engineAuthority: undefined,
      scoringTimeoutMs: 3_600_000,
      preload: false,
      workerTimeoutMs: 300_000,
      debug: false,
      initTimeoutMs: 60_000,
      events: { emit: () => undefined },
    },
    AbortSignal.timeout(60_000),
  );

try {
  await writeFile(entryScript, 'def init():\n    pass\n\ndef run(data):\n    return {"ok": 1}\n');
  for (const [workers, concurrency, count] of [
    [1, 1, 20_000],
    [1, 16, 40_000],
    [2, 16, 60_000],
  ] as const) {
    const pool = await start(workers);
    await load(pool, concurrency, 5_000);
    report(`trivial run(), ${workers} workers, c=${concurrency}`, await load(pool, concurrency, count));
    await pool[Symbol.asyncDispose]();
  }
  await reloads('trivial', (n) => `def init():\n    pass\n\ndef run(data):\n    return ${n}\n`);
  await reloads(
    'numpy and tritonclient.http',
    (n) =>
      `import numpy\nimport tritonclient.http\n\ndef init():\n    pass\n\ndef run(data):\n    return ${n}\n`,
  );
} finally {
  await factory[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
}

async function load(pool: ScorePool, concurrency: number, count: number): Promise<Record<string, number>> {
  const times = new Float64Array(count);
  let next = 0;
  const began = performance.now();
  const client = async () => {
    const { signal } = new AbortController();
    while (next < count) {
      const at = next++;
      const sent = performance.now();
      const outcome = await pool.score(request, signal);
      times[at] = performance.now() - sent;
      if (outcome.kind !== 'reply' || outcome.status !== 200) throw new Error(JSON.stringify(outcome));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return { perSecond: Math.round((count * 1000) / (performance.now() - began)), ...percentiles(times) };
}

/** Edit to ready, with one worker and the spares of the generation before. */
async function reloads(name: string, source: (n: number) => string): Promise<void> {
  const times = new Float64Array(15);
  await factory[Symbol.asyncDispose]();
  factory = new ScorePoolFactory();
  await writeFile(entryScript, source(0));
  const cold = performance.now();
  let pool = await start(1);
  report(`first start, ${name}`, { ms: Math.round(performance.now() - cold) });
  for (let n = 0; n < times.length; n++) {
    await factory.warmed();
    await writeFile(entryScript, source(n));
    const began = performance.now();
    const next = await start(1, n + 2);
    times[n] = performance.now() - began;
    await pool[Symbol.asyncDispose]();
    pool = next;
  }
  await pool[Symbol.asyncDispose]();
  report(`edit to ready, ${name}`, percentiles(times));
}

function percentiles(times: Float64Array): Record<string, number> {
  const sorted = times.slice().sort();
  const at = (part: number) => Number((sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(3));
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}

function report(name: string, figures: Record<string, number>): void {
  console.log(JSON.stringify({ name, ...figures }));
}
