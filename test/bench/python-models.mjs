// Python models and ensembles of the embedded engine beside the real Triton, in turns on one repository: an identity
// model, one large tensor, what a step of an ensemble adds, a save of model.py, and the start of ten models.

import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { TempFolder } from '../helpers/temp-project.ts';
import { realTriton } from '../helpers/triton.ts';
import { startBareTriton } from '../helpers/triton-process.ts';
import { Cli } from './lib/cli.mjs';
import { median, row } from './lib/figures.mjs';
import { inferRequest } from './lib/infer-request.mjs';
import { pythonSource, writeChain, writePythonModel } from './lib/python-repository.mjs';
import { haveWrk, WrkRequest } from './lib/wrk.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const SAVES = Number(process.env.BENCH_SAVES ?? 20);
const STARTS = Number(process.env.BENCH_STARTS ?? 3);
const LARGE_BYTES = 16 * 2 ** 20;
const STEPS = 4;

export async function run() {
  if (!haveWrk()) return;
  if (realTriton === undefined) {
    process.stdout.write('skipped: there is no real tritonserver (TRITON_LOCAL_TEST_TRITON)\n');
    return;
  }
  const python = process.env.TRITON_LOCAL_TEST_PYTHON;
  const folder = await TempFolder.create();
  const repository = folder.path('project/models/triton');
  await writePythonModel(repository, 'identity', 'x');
  await writeChain(repository, 'chain', Array(STEPS).fill('identity'));
  const options = python ? ['--python', python] : [];
  const cli = await Cli.start(folder.path('project'), options);
  const real = await startBareTriton(realTriton, repository, []);
  const bases = [cli.http, `http://127.0.0.1:${real.port}`];
  try {
    await compareIdentity(bases);
    await compareLarge(bases);
    await compareSteps(bases);
    await measureSaves(cli.http, `${repository}/identity/1/model.py`);
  } finally {
    await real[Symbol.asyncDispose]();
    await cli[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  }
  await compareStarts(options);
}

async function compareIdentity(bases) {
  const request = await WrkRequest.create(inferRequest('INPUT', [1, 784], Buffer.alloc(784 * 4, 63)));
  const urls = bases.map((base) => `${base}/v2/models/identity/infer`);
  for (const url of urls) await request.send(url, { connections: 8, seconds: 1 });
  for (const connections of [1, 8, 32]) {
    const rounds = [[], []];
    for (let round = 0; round < ROUNDS; round += 1)
      for (const side of [0, 1])
        rounds[side].push(await request.send(urls[side], { connections, seconds: SECONDS }));
    const [ours, theirs] = rounds.map((all) => ({
      rate: median(all.map(({ rate }) => rate)),
      p50: median(all.map(({ p50 }) => p50)),
    }));
    process.stdout.write(
      `identity, c = ${connections}: ours ${ours.rate.toFixed(0)}/s, p50 ${ours.p50.toFixed(2)} ms; real ${theirs.rate.toFixed(0)}/s, p50 ${theirs.p50.toFixed(2)} ms; requests ${(ours.rate / theirs.rate).toFixed(2)}×, p50 ${(ours.p50 / theirs.p50).toFixed(2)}×\n`,
    );
  }
  await request[Symbol.asyncDispose]();
}

async function compareLarge(bases) {
  const { headers, body } = inferRequest('INPUT', [1, LARGE_BYTES / 4], Buffer.alloc(LARGE_BYTES, 63));
  const [ours, theirs] = await timesInTurns(bases, 'identity', headers, body, ROUNDS * 4);
  row('16 MiB there and back, ours', ours, 'ms');
  row('16 MiB there and back, real', theirs, 'ms');
  process.stdout.write(`16 MiB: ${(median(ours) / median(theirs)).toFixed(2)}×\n`);
}

/** A chain of identity models takes this much more a step than as many requests to the model alone. */
async function compareSteps(bases) {
  const { headers, body } = inferRequest('INPUT', [1, 16], Buffer.alloc(64, 63));
  const count = ROUNDS * 60;
  // Else the first hundreds of requests measure code that Node has not compiled yet.
  await timesInTurns(bases, 'chain', headers, body, count);
  const alone = await timesInTurns(bases, 'identity', headers, body, count);
  const chained = await timesInTurns(bases, 'chain', headers, body, count);
  for (const [side, name] of ['ours', 'real'].entries()) {
    const each = (median(chained[side]) - median(alone[side])) / (STEPS - 1);
    process.stdout.write(
      `ensemble of ${STEPS} identities, ${name}: p50 ${median(chained[side]).toFixed(2)} ms, one alone ${median(alone[side]).toFixed(2)} ms, so ${each.toFixed(2)} ms a further step with its model\n`,
    );
  }
}

async function timesInTurns(bases, model, headers, body, count) {
  const times = bases.map(() => []);
  for (let round = 0; round < count + 2; round += 1)
    for (const [side, base] of bases.entries()) {
      const begun = performance.now();
      const answer = await fetch(`${base}/v2/models/${model}/infer`, { method: 'POST', headers, body });
      await answer.arrayBuffer();
      if (round >= 2) times[side].push(performance.now() - begun);
    }
  return times;
}

async function measureSaves(base, file) {
  const times = [];
  const body = JSON.stringify({ inputs: [{ name: 'INPUT', datatype: 'FP32', shape: [1, 1], data: [0] }] });
  let lost = 0;
  for (let save = 1; save <= SAVES; save += 1) {
    await writeFile(file, pythonSource(`x + ${save}`));
    const saved = performance.now();
    for (;;) {
      const answer = await fetch(`${base}/v2/models/identity/infer`, { method: 'POST', body });
      const text = await answer.text();
      if (answer.status !== 200) lost += 1;
      if (text.includes(`"data":[${save}.0]`)) break;
      await sleep(5);
    }
    times.push(performance.now() - saved);
    // People do not save ten times a second.
    await sleep(1500);
  }
  row('save of model.py to its answer', times, 'ms');
  process.stdout.write(`requests lost meanwhile: ${lost}\n`);
}

async function compareStarts(options) {
  const folder = await TempFolder.create();
  const repository = folder.path('project/models/triton');
  for (let number = 0; number < 10; number += 1) await writePythonModel(repository, `model_${number}`, 'x');
  const times = [[], []];
  for (let start = 0; start < STARTS; start += 1) {
    let begun = performance.now();
    const cli = await Cli.start(folder.path('project'), options);
    times[0].push(performance.now() - begun);
    await cli[Symbol.asyncDispose]();
    begun = performance.now();
    const real = await startBareTriton(realTriton, repository, []);
    times[1].push(performance.now() - begun);
    await real[Symbol.asyncDispose]();
  }
  row('ten Python models, ours (the whole emulator)', times[0], 'ms');
  row('ten Python models, real', times[1], 'ms');
  await folder[Symbol.asyncDispose]();
}
