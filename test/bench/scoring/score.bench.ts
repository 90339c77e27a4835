// POST /score with a script that does nothing: our service before a pool that answers at once, before real workers,
// and the real scoring server. They take turns, and the best round of each counts, so that other work on the machine
// disturbs little. One JSON line a figure. Needs wrk, and in TRITON_LOCAL_TEST_PYTHON a Python with
// azureml-inference-server-http. How to run it: README.md beside this file.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Lifetime } from '../../../src/base/index.ts';
import { startScorePool } from '../../../src/python/index.ts';
import { peerPython, RealScoringServer } from '../../integration/scoring/real-server.ts';
import { FakePool, reply, startService } from '../../unit/scoring/service.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = 2;
const CONNECTIONS = [1, 16];
const WORKERS = 2;
const directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-bench-'));
const load = path.join(directory, 'load.lua');
const entryScript = path.join(directory, 'score.py');
await writeFile(
  load,
  'wrk.method = "POST"\nwrk.body = \'{"data": [1, 2, 3]}\'\nwrk.headers["Content-Type"] = "application/json"\n',
);
await writeFile(entryScript, 'def init():\n    pass\n\ndef run(data):\n    return {"ok": 1}\n');

interface Subject {
  readonly name: string;
  readonly port: number;
}

interface Figures {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

const lifetime = new Lifetime();
try {
  const subjects = await startSubjects();
  for (const { port } of subjects) await wrk(port, 16, 1);
  for (const connections of CONNECTIONS) {
    const best = new Map<string, Figures>();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { name, port } of subjects)
        best.set(name, better(best.get(name), await wrk(port, connections, SECONDS)));
    }
    for (const [subject, figures] of best) console.log(JSON.stringify({ subject, connections, ...figures }));
  }
} finally {
  await lifetime[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
}

async function startSubjects(): Promise<Subject[]> {
  const answer = reply('{"ok": 1}');
  const fake = new FakePool(() => answer);
  const alone = await startService(fake, { events: { emit: () => fake.requests.splice(0) } });
  lifetime.use('service', alone);
  const pool = await startScorePool(
    {
      generation: 1,
      workers: WORKERS,
      interpreter: peerPython ?? 'python3',
      entryScript,
      sourceDirectory: directory,
      dataDirectory: path.join(directory, 'data'),
      environment: process.env as Record<string, string>,
      engineAuthority: undefined,
      scoringTimeoutMs: 3_600_000,
      workerTimeoutMs: 300_000,
      debug: false,
      initTimeoutMs: 60_000,
      events: { emit: () => undefined },
    },
    AbortSignal.timeout(60_000),
  );
  lifetime.use('pool', pool);
  const scoring = lifetime.use('service', await startService(pool, { events: { emit: () => undefined } }));
  const subjects = [
    { name: 'scoring service, pool that answers at once', port: alone.port },
    { name: `scoring service, ${WORKERS} workers`, port: scoring.port },
  ];
  if (!peerPython) return subjects;
  const real = lifetime.use('real server', await RealScoringServer.start(entryScript, WORKERS));
  return [...subjects, { name: `azureml-inference-server-http, ${WORKERS} workers`, port: real.port }];
}

function better(one: Figures | undefined, other: Figures): Figures {
  if (!one) return other;
  return {
    requests: one.requests + other.requests,
    perSecond: Math.max(one.perSecond, other.perSecond),
    p50Ms: Math.min(one.p50Ms, other.p50Ms),
    p99Ms: Math.min(one.p99Ms, other.p99Ms),
    failed: one.failed + other.failed,
  };
}

async function wrk(port: number, connections: number, seconds: number): Promise<Figures> {
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    load,
    `http://127.0.0.1:${port}/score`,
  ]);
  const find = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0);
  const milliseconds = (part: string) => {
    const [, value, unit] = new RegExp(`^\\s+${part}%\\s+([\\d.]+)(us|ms|s)$`, 'm').exec(stdout) ?? [];
    return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1000 : 1);
  };
  return {
    requests: find(/(\d+) requests in/),
    perSecond: Math.round(find(/Requests\/sec:\s+([\d.]+)/)),
    p50Ms: milliseconds('50'),
    p99Ms: milliseconds('99'),
    failed: find(/Non-2xx or 3xx responses: (\d+)/),
  };
}
