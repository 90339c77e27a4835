// From the end of a save to the first new answer while requests come at a constant rate, and how many of them
// failed: ours, the real scoring server restarted on each save, and the real Triton in poll mode.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { Load } from '../helpers/load.ts';
import { editionOf, NamedProject, scriptOf } from '../helpers/named-project.ts';
import { realTriton } from '../helpers/triton.ts';
import { row } from './lib/figures.mjs';
import { PollingTriton } from './lib/polling-triton.ts';
import { PythonModelProject } from './lib/python-model.ts';
import { RestartedAzmlinfsrv } from './lib/restarted-azmlinfsrv.ts';

const SCRIPT_EDITS = 60;
const MODEL_EDITS = 20;
const PEER_EDITS = 20;
const SLOW_EDITS = 5;
const REQUESTS_PER_SECOND = 200;
/** An edit is waited for this long at most. */
const LIMIT_MS = 30_000;

export async function run() {
  await embedded();
  await azmlinfsrv();
  if (!realTriton) {
    process.stdout.write('no real tritonserver: its rows are left out\n');
    return;
  }
  await native();
  await polling();
}

async function embedded() {
  await using project = await NamedProject.create();
  await using emulator = await EmulatorProcess.startReady({
    projectDir: project.directory,
    args: project.flags,
  });
  await using load = new Load({
    url: emulator.urls.score,
    body: nextId(),
    requestsPerSecond: REQUESTS_PER_SECOND,
  });
  const times = { script: [], model: [] };
  const every = SCRIPT_EDITS / MODEL_EDITS;
  for (let edit = 0; edit < SCRIPT_EDITS; edit += 1) {
    times.script.push(await timeOfEdit(project, load, 'script'));
    if (edit % every === every - 1) times.model.push(await timeOfEdit(project, load, 'model'));
  }
  row('ours, script to new answer', times.script, 'ms');
  bill(emulator, 'swap-workers');
  row('ours, ONNX model to new answer (embedded)', times.model, 'ms');
  bill(emulator, 'load-model');
  const overInit = [];
  for (let edit = 0; edit < SLOW_EDITS; edit += 1) {
    const slow = scriptOf(1_000 + edit).replace(
      'def init():\n',
      'def init():\n    import time\n    time.sleep(1)\n',
    );
    await writeFile(project.at('score.py'), slow);
    const saved = performance.now();
    const answer = await load.waitFor(
      ({ body }) => editionOf(body)?.script === 1_000 + edit,
      saved,
      LIMIT_MS,
    );
    overInit.push(answer.answeredAt - saved - 1_000);
    await rest();
  }
  await load.stop();
  row('ours, script with an init() of 1 s, beyond that second', overInit, 'ms');
  tally('ours', load, await project.runs());
}

async function timeOfEdit(project, load, part) {
  await project.save(part);
  const saved = performance.now();
  const wanted = project.edition[part];
  const answer = await load.waitFor(({ body }) => editionOf(body)?.[part] === wanted, saved - 50, LIMIT_MS);
  await rest();
  return answer.answeredAt - saved;
}

/** Where the time of reloads went, on average. */
function bill(emulator, kind) {
  const bills = emulator.events
    .filter((event) => event.type === 'reload.completed' && event.actions[0]?.kind === kind)
    .map(({ timings }) => timings);
  const parts = ['notice', 'quiet', 'stage', 'load', 'warm', 'switch'].map((phase) => {
    const mean = bills.reduce((sum, timings) => sum + timings[`${phase}Ms`], 0) / bills.length;
    return `${phase} ${mean.toFixed(1)}`;
  });
  process.stdout.write(`  ${kind}, mean of ${bills.length}: ${parts.join(' + ')} ms\n`);
}

async function azmlinfsrv() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'triton-local-bench-'));
  const script = path.join(folder, 'score.py');
  const save = (edit) =>
    writeFile(script, `def init():\n    pass\n\n\ndef run(data):\n    return {"script": ${edit}}\n`);
  await save(0);
  {
    await using server = await RestartedAzmlinfsrv.start(script);
    await using load = new Load({ url: server.url, body: nextId(), requestsPerSecond: REQUESTS_PER_SECOND });
    await rest();
    const times = [];
    for (let edit = 1; edit <= PEER_EDITS; edit += 1) {
      await save(edit);
      const saved = performance.now();
      await server.restart();
      const answer = await load.waitFor(({ body }) => body.includes(`"script": ${edit}}`), saved, LIMIT_MS);
      times.push(answer.answeredAt - saved);
      await rest();
    }
    await load.stop();
    row('azmlinfsrv restarted, script to new answer', times, 'ms');
    tally('azmlinfsrv restarted', load);
  }
  await rm(folder, { recursive: true });
}

async function native() {
  await using project = await PythonModelProject.create();
  await using emulator = await EmulatorProcess.startReady({
    projectDir: project.directory,
    args: ['--engine', 'native', '--tritonserver', realTriton, '--grpc-port', '0', '--metrics-port', '0'],
  });
  await modelEdits('ours, Python model to new answer (native)', project, emulator.urls.http);
  bill(emulator, 'load-model');
}

async function polling() {
  await using project = await PythonModelProject.create();
  await using triton = await PollingTriton.start(project.repository, project.folder.path('backends'));
  await modelEdits('Triton polling each second, Python model to new answer', project, triton.url);
}

async function modelEdits(name, project, httpUrl) {
  const url = `${httpUrl}/v2/models/named/infer`;
  await using load = new Load({ url, body: project.body, requestsPerSecond: REQUESTS_PER_SECOND });
  await rest();
  const times = [];
  let missed = 0;
  for (let edit = 0; edit < PEER_EDITS; edit += 1) {
    const wanted = await project.save();
    const saved = performance.now();
    const answer = await load
      .waitFor(({ body }) => body.includes(wanted), saved, LIMIT_MS)
      .catch(() => undefined);
    if (answer) times.push(answer.answeredAt - saved);
    else missed += 1;
    await rest();
  }
  await load.stop();
  row(name, times, 'ms');
  if (missed > 0) process.stdout.write(`  ${missed} edits never served within ${LIMIT_MS / 1_000} s\n`);
  tally(name.split(',')[0], load);
}

function tally(name, load, runs) {
  const failed = `${load.answers.length} requests, ${load.failures.length} failed`;
  const twice = runs ? `, ${runs.length - new Set(runs).size} answered twice` : '';
  process.stdout.write(`  ${name}: ${failed}${twice}\n`);
}

function nextId() {
  let id = 0;
  return () => {
    id += 1;
    return JSON.stringify({ id });
  };
}

const rest = () => new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 200));
