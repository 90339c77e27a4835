// The promises of docs/hot-reload.md at length: random saves under load, changes that cannot work, memory over
// hundreds of reloads, and the processor that watching 10,000 files takes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BROKEN_SAVES, HANG_LIMIT_SECONDS } from '../helpers/broken-saves.ts';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { Load } from '../helpers/load.ts';
import { editionOf, NamedProject, PARTS } from '../helpers/named-project.ts';
import { RandomEdits, randomFrom, untilServed } from '../helpers/random-edits.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { realTriton } from '../helpers/triton.ts';
import { row } from './lib/figures.mjs';

const RANDOM_EDITS = 2_000;
/** On a real tritonserver, where each load takes seconds. */
const NATIVE_EDITS = 60;
const BROKEN_ROUNDS = 50;
const REQUESTS_PER_SECOND = 50;
const IDLE_SECONDS = 20;
const FILES = 10_000;
/** Of a clock tick in /proc/PID/stat. */
const TICKS_PER_SECOND = 100;

export async function run() {
  await randomEdits('embedded', RANDOM_EDITS, []);
  if (realTriton) {
    const flags = [
      '--engine',
      'native',
      '--tritonserver',
      realTriton,
      '--grpc-port',
      '0',
      '--metrics-port',
      '0',
    ];
    await randomEdits('native', NATIVE_EDITS, flags);
  }
  await brokenSaves();
  await idle();
}

async function randomEdits(engine, count, args) {
  await using running = await start(args);
  const { project, emulator, load } = running;
  const seed = Number(process.env.BENCH_SEED ?? Date.now() % 1e6);
  const edits = new RandomEdits({ project, emulator, load, random: randomFrom(seed) });
  const resident = [];
  while (edits.edits < count) {
    await edits.burst();
    const reloads = completed(emulator);
    if (reloads >= (resident.length + 1) * 100) resident.push(`${reloads}: ${residentMb(emulator.pid)}`);
  }
  await load.stop();
  const runs = await project.runs();
  const twice = runs.length - new Set(runs).size;
  process.stdout.write(
    `${engine}, random saves (seed ${seed}): ${edits.edits} saves, ${completed(emulator)} reloads, ` +
      `${load.answers.length} requests: ${load.failures.length} failed, ${twice} answered twice, ` +
      `${edits.wrongAnswers().length} with a content that they must not have\n`,
  );
  if (resident.length > 0) process.stdout.write(`resident memory in MB by reloads: ${resident.join(', ')}\n`);
}

async function brokenSaves() {
  await using running = await start(['--timeout', String(HANG_LIMIT_SECONDS)]);
  const { project, emulator, load } = running;
  let wrong = 0;
  let misplaced = 0;
  const shown = [];
  for (let round = 0; round < BROKEN_ROUNDS; round += 1) {
    for (const { title, save, file, line, message } of BROKEN_SAVES) {
      const good = JSON.stringify(project.edition);
      const after = emulator.lastSeq;
      const begun = performance.now();
      await save(project);
      const failed = await emulator.waitFor('reload.failed', () => true, { after });
      const { error, timings } = failed;
      if (error.file !== project.at(file) || error.line !== line || !message.test(error.message))
        misplaced += 1;
      if (!title.includes('hangs')) shown.push(timings.totalMs);
      await load.waitFor((answer) => answer.stale, begun);
      const meanwhile = load.answers.filter(({ sentAt }) => sentAt >= begun);
      wrong += meanwhile.filter(({ body }) => JSON.stringify(editionOf(body)) !== good).length;
      await project.restore();
      await untilServed(running, PARTS, after);
    }
  }
  await load.stop();
  const kinds = BROKEN_SAVES.length;
  process.stdout.write(
    `${kinds} kinds of broken save x ${BROKEN_ROUNDS}: ${load.answers.length} requests, ${load.failures.length} failed, ` +
      `${wrong} not answered by the last good, ${misplaced} errors without the right file and line\n`,
  );
  row('first sign of a broken save to its error (but an init() that hangs)', shown, 'ms');
}

async function idle() {
  await using folder = await TempFolder.create('triton-local-bench-');
  const at = (...parts) => folder.path('project', ...parts);
  for (let part = 0; part < FILES / 100; part += 1) {
    mkdirSync(at(`lib/part${part}`), { recursive: true });
    for (let file = 0; file < 100; file += 1) writeFileSync(at(`lib/part${part}/m${file}.py`), `${file}\n`);
  }
  writeFileSync(at('score.py'), 'def init():\n    pass\n\n\ndef run(data):\n    return 1\n');
  await using emulator = await EmulatorProcess.startReady({ projectDir: at() });
  await sleep(5_000);
  const before = ticks(emulator.pid);
  await sleep(IDLE_SECONDS * 1_000);
  const share = (ticks(emulator.pid) - before) / TICKS_PER_SECOND / IDLE_SECONDS;
  process.stdout.write(`processor at rest with ${FILES} files: ${(share * 100).toFixed(2)} %\n`);
}

/** The named project under load, with `args` for `up`. */
async function start(args) {
  const project = await NamedProject.create();
  const flags = [...project.flags, ...args];
  const emulator = await EmulatorProcess.startReady({ projectDir: project.directory, args: flags });
  let id = 0;
  const body = () => {
    id += 1;
    return JSON.stringify({ id });
  };
  const load = new Load({ url: emulator.urls.score, body, requestsPerSecond: REQUESTS_PER_SECOND });
  return {
    project,
    emulator,
    load,
    async [Symbol.asyncDispose]() {
      await load[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

const completed = (emulator) => emulator.events.filter(({ type }) => type === 'reload.completed').length;

/** Of one process, in MB. Linux. */
function residentMb(pid) {
  const [, kilobytes] = /^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1_000);
}

/** Clock ticks that a process has used. Linux. */
function ticks(pid) {
  const fields = readFileSync(path.join('/proc', String(pid), 'stat'), 'utf8')
    .split(') ')[1]
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
