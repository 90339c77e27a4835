// From the start of the process to `emulator.ready`, on a copy of the sample, Python environment there already; and
// the time of `--help` against Node that does nothing. Then how long after the engine's own ready ours is said, where
// no script comes between: embedded, and native where TRITON_LOCAL_TEST_TRITON names a server.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { DigitsProject } from '../e2e/digits.ts';
import { checkoutCli, EmulatorProcess } from '../helpers/emulator-process.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';
import { realTriton } from '../helpers/triton.ts';
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

  const noCode = path.join(repositoryRoot, 'test/fixtures/projects/no-code-identity');
  await timeReadiness('embedded', noCode, ['--engine', 'embedded']);
  if (realTriton) await timeReadiness('native', noCode, ['--engine', 'native', '--tritonserver', realTriton]);

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

async function timeReadiness(name, projectDir, engine) {
  const gaps = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await using emulator = await EmulatorProcess.startReady({
      projectDir,
      args: [...engine, '--grpc-port', '0', '--metrics-port', '0'],
    });
    const at = (type) => Date.parse(emulator.events.find((event) => event.type === type).time);
    gaps.push(at('emulator.ready') - at('engine.ready'));
  }
  row(`${name}: engine.ready to emulator.ready`, gaps, 'ms');
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
