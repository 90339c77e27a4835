// Requests per second and median latency of the embedded server: `node BUNDLED_FILE [SECONDS]`, started by run.mjs.
// The load comes from `wrk` in a process of its own, so that what is measured is the server.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { EventBus } from '../../../src/events/index.ts';
import { startInferenceServer } from '../../../src/inference/index.ts';
import { mlpModel } from '../lib/onnx-writer.ts';

const seconds = Number(process.argv[2] ?? 5);
const project = process.cwd();
const directory = mkdtempSync(path.join(tmpdir(), 'triton-local-bench-'));
const version = path.join(directory, 'repository', 'mlp', '1');
mkdirSync(version, { recursive: true });
writeFileSync(path.join(version, 'model.onnx'), mlpModel());

const server = await startInferenceServer(
  {
    repository: path.join(directory, 'repository'),
    host: '127.0.0.1',
    httpPort: 0,
    modelControlMode: 'none',
    runtimePaths: [project],
    events: new EventBus(),
  },
  new AbortController().signal,
);
try {
  const script = path.join(directory, 'infer.lua');
  writeFileSync(script, LUA());
  console.log(
    '784-256-10 MLP, HTTP binary, batch 1 a request (real Triton 2.51, two cores: 9,900 / 15,100 / 14,100)',
  );
  await load(script, 8, 1);
  for (const connections of [1, 8, 32]) {
    const before = process.cpuUsage();
    const { rate, p50, p99, errors } = await load(script, connections, seconds);
    const { user, system } = process.cpuUsage(before);
    const cpu = ((user + system) / (rate * seconds)).toFixed(1);
    console.log(
      `c=${String(connections).padEnd(3)} ${String(Math.round(rate)).padStart(7)} req/s  p50 ${p50}  p99 ${p99}  CPU ${cpu} us/request  errors ${errors}`,
    );
  }
} finally {
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
}

function LUA(): string {
  return `local json='{"inputs":[{"name":"INPUT","datatype":"FP32","shape":[1,784],"parameters":{"binary_data_size":3136}}],"outputs":[{"name":"OUTPUT","parameters":{"binary_data":true}}]}'
wrk.method="POST"
wrk.body=json..string.rep("\\0\\0\\0\\63",784)
wrk.headers["Inference-Header-Content-Length"]=tostring(#json)
wrk.headers["Content-Type"]="application/octet-stream"
`;
}

async function load(script: string, connections: number, duration: number) {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error('this bench needs `wrk` (apt install wrk, brew install wrk)');
  }
  const target = `${server.httpUrl}/v2/models/mlp/infer`;
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${duration}`,
    '--latency',
    '-s',
    script,
    target,
  ]);
  return {
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0),
    p50: /50%\s+(\S+)/.exec(stdout)?.[1] ?? '?',
    p99: /99%\s+(\d\S+)/.exec(stdout)?.[1] ?? '?',
    errors: Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0),
  };
}
