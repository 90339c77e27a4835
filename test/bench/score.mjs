// The scoring service and the real azureml-inference-server-http with the same scripts and two workers each, in turns:
// a run() that does nothing, and one that calls Triton. Best of the rounds, since other work on the machine only makes
// things slower; the processor time of a request tells more there. Then what no-code mode adds to the engine's answers.
import { writeFile } from 'node:fs/promises';
import { DigitsProject, readHeldOut } from '../e2e/digits.ts';
import { RealScoringServer } from '../helpers/real-scoring-server.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { Cli } from './lib/cli.mjs';
import { inferRequest } from './lib/infer-request.mjs';
import { identityModel, writeModel } from './lib/onnx-writer.ts';
import { processorSeconds, residentMiB, treeOf } from './lib/process-tree.mjs';
import { haveWrk, WrkRequest } from './lib/wrk.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const CONNECTIONS = [1, 16];
const WORKERS = 2;

const TRIVIAL = `def init():
    pass


def run(data):
    return {"ok": 1}
`;

const CALLS_TRITON = (engine) => `import json

import numpy
import tritonclient.http as triton


def init():
    global client
    client = triton.InferenceServerClient("${engine}")


def run(data):
    tensor = triton.InferInput("image", [1, 64], "FP32")
    tensor.set_data_from_numpy(numpy.asarray(json.loads(data)["image"], dtype=numpy.float32).reshape(1, 64))
    return client.infer("digits", [tensor]).as_numpy("probabilities").tolist()
`;

export async function run() {
  if (!haveWrk()) return;
  await compareTrivial();
  await compareCallsOfTriton();
  await comparePassThrough();
}

async function compareTrivial() {
  const folder = await TempFolder.create();
  await writeFile(folder.path('score.py'), TRIVIAL);
  const ours = await Cli.start(folder.directory, ['--workers', String(WORKERS)]);
  try {
    await compare('run() that does nothing', ours, folder.path('score.py'), '{"data": [1, 2, 3]}');
  } finally {
    await ours[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

/** Both sides call the same engine, ours, so that what differs is the scoring service. */
async function compareCallsOfTriton() {
  const project = await DigitsProject.create();
  const folder = await TempFolder.create();
  await writeFile(project.script, CALLS_TRITON('localhost:8000'));
  const ours = await Cli.start(project.directory, ['--workers', String(WORKERS)]);
  try {
    await writeFile(folder.path('score.py'), CALLS_TRITON(new URL(ours.http).host));
    const { images } = await readHeldOut();
    const body = JSON.stringify({ image: images[0].flat() });
    await compare('run() that calls Triton', ours, folder.path('score.py'), body);
  } finally {
    await ours[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  }
}

/** What the scoring port of a deployment without a script adds to the engine's own, in time and for large bodies. */
async function comparePassThrough() {
  const folder = await TempFolder.create();
  await writeModel(folder.path('models/triton'), 'identity', identityModel());
  const cli = await Cli.start(folder.directory);
  try {
    for (const bytes of [4_096, 16 * 2 ** 20]) {
      const request = await WrkRequest.create(inferRequest('INPUT', [1, bytes / 4], Buffer.alloc(bytes)));
      const sides = [cli.scoring, cli.http].map((url) => ({
        url: `${url}/v2/models/identity/infer`,
        pids: [cli.pid],
      }));
      const rounds = await takeTurns(sides, request, 1);
      report(`pass-through of ${bytes} bytes, c = 1`, 'engine', rounds.map(best));
      await request[Symbol.asyncDispose]();
    }
  } finally {
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
}

async function compare(name, ours, realScript, body) {
  const real = await RealScoringServer.start(realScript, { workers: WORKERS });
  const request = await WrkRequest.create({ headers: { 'Content-Type': 'application/json' }, body });
  const [tree, ...sides] = [treeOf(ours.pid), `${ours.scoring}/score`, `http://127.0.0.1:${real.port}/score`];
  const pids = [tree, treeOf(real.pid)];
  try {
    for (const url of sides) await request.send(url, { connections: 16, seconds: 2 });
    const before = tree.map(residentMiB);
    let requests = 0;
    for (const connections of CONNECTIONS) {
      const rounds = await takeTurns(
        sides.map((url, side) => ({ url, pids: pids[side] })),
        request,
        connections,
      );
      requests += rounds[0].reduce((sum, round) => sum + round.requests, 0);
      report(`${name}, c = ${connections}`, 'azmlinfsrv', rounds.map(best));
    }
    process.stdout.write(
      `${name}: memory of ours and its workers ${inMiB(before)}, ${requests} requests later ${inMiB(tree.map(residentMiB))}\n`,
    );
  } finally {
    await request[Symbol.asyncDispose]();
    await real[Symbol.asyncDispose]();
  }
}

async function takeTurns(sides, request, connections) {
  const rounds = sides.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [side, subject] of sides.entries())
      rounds[side].push(await measure(subject, request, connections));
  }
  return rounds;
}

async function measure({ url, pids }, request, connections) {
  const before = pids.map(processorSeconds);
  const figures = await request.send(url, { connections, seconds: SECONDS });
  const micros = pids.map((pid, index) => ((processorSeconds(pid) - before[index]) * 1e6) / figures.requests);
  return { ...figures, micros };
}

function best(rounds) {
  const least = (pick) => Math.min(...rounds.map(pick));
  return {
    rate: Math.max(...rounds.map(({ rate }) => rate)),
    p50: least(({ p50 }) => p50),
    p99: least(({ p99 }) => p99),
    micros: rounds[0].micros.map((_, index) => least(({ micros }) => micros[index])),
  };
}

function report(name, peer, [ours, other]) {
  process.stdout.write(
    `${name}: ours ${describe(ours)}; ${peer} ${describe(other)}; requests ${(ours.rate / other.rate).toFixed(2)}x, p50 ${(ours.p50 / other.p50).toFixed(2)}x\n`,
  );
}

function describe({ rate, p50, p99, micros }) {
  return `${rate.toFixed(0)}/s, p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms, CPU ${micros.map((one) => one.toFixed(0)).join(' + ')} µs`;
}

function inMiB(values) {
  return `${values.map((value) => value.toFixed(0)).join(' + ')} MiB`;
}
