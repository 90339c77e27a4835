// From the start of the process to `emulator.ready`, on a copy of the sample, Python environment there already; and
// the time of `--help` against Node that does nothing.
import { spawnSync } from 'node:child_process';
import { DigitsProject } from '../e2e/digits.ts';
import { checkoutCli, EmulatorProcess } from '../helpers/emulator-process.ts';
import { median, row } from './lib/figures.mjs';

const ROUNDS = 10;

export async function run() {
  const project = await DigitsProject.create();
  try {
    const starts = [];
    for (let round = 0; round < ROUNDS; round += 1) starts.push(await timeStart(project.directory));
    row('start to ready', starts, 'ms');
  } finally {
    await project[Symbol.asyncDispose]();
  }

  const help = [];
  const bare = [];
  for (let round = 0; round < ROUNDS * 2; round += 1) {
    bare.push(timeOf([process.execPath, '-e', '0']));
    help.push(timeOf([...checkoutCli, '--help']));
  }
  row('node -e 0', bare, 'ms');
  row('--help', help, 'ms');
  process.stdout.write(`--help / node -e 0: ${(median(help) / median(bare)).toFixed(2)}\n`);
}

async function timeStart(projectDir) {
  const began = performance.now();
  const emulator = await EmulatorProcess.startReady({ projectDir });
  const elapsed = performance.now() - began;
  await emulator[Symbol.asyncDispose]();
  return elapsed;
}

function timeOf([program, ...args]) {
  const began = performance.now();
  spawnSync(program, args, { stdio: 'ignore' });
  return performance.now() - began;
}
