// The embedded engine over HTTP with binary tensors: a small MLP, an identity model beside the real Triton's Python one
// in turns, one large tensor, and how long others wait while a slow model runs.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { TempFolder } from '../helpers/temp-project.ts';
import { realTriton } from '../helpers/triton.ts';
import { startBareTriton } from '../helpers/triton-process.ts';
import { Cli } from './lib/cli.mjs';
import { quantile } from './lib/figures.mjs';
import { inferRequest } from './lib/infer-request.mjs';
import { identityModel, mlpModel, slowModel, writeModel } from './lib/onnx-writer.ts';
import { processorSeconds } from './lib/process-tree.mjs';
import { haveWrk, WrkRequest } from './lib/wrk.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const LARGE_BYTES = 64 * 2 ** 20;

export async function run() {
  if (!haveWrk()) return;
  const folder = await TempFolder.create();
  const repository = folder.path('project/models/triton');
  await writeModel(repository, 'mlp', mlpModel());
  await writeModel(repository, 'identity', identityModel());
  await writeModel(repository, 'slow', slowModel());
  const cli = await Cli.start(folder.path('project'));
  try {
    await measureMlp(cli);
    await compareIdentity(cli, folder);
    await measureLargeTensor(cli);
    await measureWaiting(cli);
  } finally {
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

async function measureMlp(cli) {
  const url = `${cli.http}/v2/models/mlp/infer`;
  const request = await WrkRequest.create(inferRequest('INPUT', [1, 784], Buffer.alloc(784 * 4, 63)));
  await request.send(url, { connections: 8, seconds: 2 });
  for (const connections of [1, 8, 32]) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1)
      rounds.push(await measure(url, request, connections, cli.pid));
    process.stdout.write(`784-256-10 MLP, c = ${connections}: ${describe(best(rounds))}\n`);
  }
  await request[Symbol.asyncDispose]();
}

/** The model does nothing on either side, so that what is compared is the server; the real one's runs in Python. */
async function compareIdentity(cli, folder) {
  if (realTriton === undefined) {
    process.stdout.write('skipped: there is no real tritonserver (TRITON_LOCAL_TEST_TRITON)\n');
    return;
  }
  await writePythonIdentity(folder.path('python'));
  const real = await startBareTriton(realTriton, folder.path('python'), []);
  const request = await WrkRequest.create(inferRequest('INPUT', [1, 784], Buffer.alloc(784 * 4, 63)));
  try {
    const urls = [cli.http, `http://127.0.0.1:${real.port}`].map(
      (base) => `${base}/v2/models/identity/infer`,
    );
    for (const url of urls) await request.send(url, { connections: 8, seconds: 2 });
    for (const connections of [1, 8, 32]) {
      const rounds = [[], []];
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const side of [0, 1])
          rounds[side].push(await request.send(urls[side], { connections, seconds: SECONDS }));
      }
      const [ours, theirs] = rounds.map(best);
      process.stdout.write(
        `identity, c = ${connections}: ours ${describe(ours)}; real Triton ${describe(theirs)}; ratio ${(ours.rate / theirs.rate).toFixed(2)}\n`,
      );
    }
  } finally {
    await request[Symbol.asyncDispose]();
    await real[Symbol.asyncDispose]();
  }
}

async function writePythonIdentity(repository) {
  await mkdir(`${repository}/identity/1`, { recursive: true });
  await writeFile(
    `${repository}/identity/config.pbtxt`,
    `backend: "python"
input [ { name: "INPUT" data_type: TYPE_FP32 dims: [ -1, -1 ] } ]
output [ { name: "OUTPUT" data_type: TYPE_FP32 dims: [ -1, -1 ] } ]
`,
  );
  await writeFile(
    `${repository}/identity/1/model.py`,
    `import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy() for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", x)]) for x in inputs]
`,
  );
}

/** How often the bytes are copied shows in time and in the most memory that is held beside them. */
async function measureLargeTensor(cli) {
  const { headers, body } = inferRequest('INPUT', [1, LARGE_BYTES / 4], Buffer.alloc(LARGE_BYTES));
  const url = `${cli.http}/v2/models/identity/infer`;
  const times = [];
  const before = await peakMiB(cli.pid);
  for (let round = 0; round < 5; round += 1) {
    const began = performance.now();
    await post(url, headers, body);
    times.push(performance.now() - began);
  }
  const grown = (await peakMiB(cli.pid)) - before;
  process.stdout.write(
    `identity of ${LARGE_BYTES / 2 ** 20} MiB: least ${Math.min(...times).toFixed(0)} ms, peak memory ${((grown * 2 ** 20) / LARGE_BYTES).toFixed(1)} times the tensor more\n`,
  );
}

/** A probe every few milliseconds while a model computes: what it waits is what the event loop was held. */
async function measureWaiting(cli) {
  const { headers, body } = inferRequest('INPUT', [256, 1024], Buffer.alloc(256 * 1024 * 4));
  const began = performance.now();
  await post(`${cli.http}/v2/models/slow/infer`, headers, body);
  const first = performance.now() - began;
  let runs = 0;
  const until = performance.now() + SECONDS * 1000;
  const load = (async () => {
    for (; performance.now() < until; runs += 1)
      await post(`${cli.http}/v2/models/slow/infer`, headers, body);
  })();
  const waits = [];
  while (performance.now() < until) {
    const sent = performance.now();
    await post(`${cli.http}/v2/health/live`, {}, undefined);
    waits.push(performance.now() - sent);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await load;
  process.stdout.write(
    `health probes while a model of ${first.toFixed(0)} ms ran ${runs} times: p50 ${quantile(waits, 0.5).toFixed(1)} ms, p99 ${quantile(waits, 0.99).toFixed(1)} ms\n`,
  );
}

const agent = new http.Agent({ keepAlive: true });

function post(url, headers, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { agent, method: body ? 'POST' : 'GET', headers }, (response) => {
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
      );
      response.on('error', reject).resume();
    });
    request.on('error', reject).end(body);
  });
}

async function measure(url, request, connections, pid) {
  const before = processorSeconds(pid);
  const figures = await request.send(url, { connections, seconds: SECONDS });
  return { ...figures, micros: ((processorSeconds(pid) - before) * 1e6) / figures.requests };
}

function best(rounds) {
  const least = (name) => Math.min(...rounds.map((round) => round[name]));
  return {
    rate: Math.max(...rounds.map(({ rate }) => rate)),
    p50: least('p50'),
    p99: least('p99'),
    micros: least('micros'),
  };
}

function describe({ rate, p50, p99, micros }) {
  const cpu = Number.isFinite(micros) ? `, CPU ${micros.toFixed(0)} µs` : '';
  return `${rate.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms${cpu}`;
}

async function peakMiB(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
