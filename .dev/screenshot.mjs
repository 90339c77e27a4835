// `npm run docs:screenshot`: runs the built command line on a copy of sample-models/digits in a real pseudo-terminal,
// sends it requests, saves a change, and writes what the screen then shows to docs/images/screen.svg. It needs ports
// 6789 and 8000, and an interpreter that has the sample's requirements (TRITON_LOCAL_TEST_PYTHON, else python3).
import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import xterm from '@xterm/headless';
import { svgOf } from './screenshot-svg.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const python = process.env.TRITON_LOCAL_TEST_PYTHON || 'python3';
const COLUMNS = 100;
const ROWS = 24;

const home = mkdtempSync(path.join(os.tmpdir(), 'triton-local-screenshot-'));
try {
  const project = path.join(home, 'digits');
  cpSync(path.join(root, 'sample-models/digits'), project, { recursive: true });
  const terminal = openTerminal(project);
  try {
    await terminal.shows(/● ready/);
    await sendRequests(project, 12);
    appendFileSync(path.join(project, 'score.py'), '\n# a change\n');
    await terminal.shows(/generation 2/);
    await sendRequests(project, 30);
    // Requests to the engine's own port are listed once a second; the last ones to the script shall be above them.
    await sleep(1_500);
    await sendRequests(project, 3);
    await sleep(300);
    const folder = path.join(root, 'docs/images');
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'screen.svg'), svgOf(terminal.buffer(), COLUMNS, ROWS));
    console.log(terminal.text());
  } finally {
    await terminal.close();
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** `triton-local up` in a pseudo-terminal, with an emulated screen that is drawn as a user's would be. */
function openTerminal(project) {
  const screen = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const cli = path.join(root, 'dist/cli.js');
  const program = path.join(root, 'test/helpers/pseudo_terminal.py');
  const command = [process.execPath, cli, 'up', '--engine', 'embedded', '--python', python];
  const child = spawn(python, [program, String(COLUMNS), String(ROWS), ...command], {
    cwd: project,
    env: {
      ...process.env,
      CI: '',
      HOME: home,
      TERM: 'xterm-256color',
      TRITON_LOCAL_HOME: path.join(home, 'state'),
    },
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdout.on('data', (chunk) => screen.write(chunk));
  const type = (input) => child.stdin.write(`${JSON.stringify({ input })}\n`);
  screen.onData(type);
  const buffer = () => screen.buffer.active;
  const text = () =>
    Array.from({ length: ROWS }, (_, row) => buffer().getLine(row)?.translateToString(true)).join('\n');
  return {
    buffer,
    text,
    async shows(pattern) {
      for (let tries = 0; tries < 600; tries += 1) {
        if (pattern.test(text())) return;
        await sleep(50);
      }
      throw new Error(`the screen never showed ${pattern}:\n${text()}`);
    },
    async close() {
      type('q');
      await ended;
      screen.dispose();
    },
  };
}

/** Posts images that the model has never seen to the script, which calls the model. */
async function sendRequests(project, count) {
  const { images } = JSON.parse(readFileSync(path.join(project, 'held-out.json'), 'utf8'));
  for (const image of images.slice(0, count)) {
    await fetch('http://localhost:6789/score', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image }),
    });
    await sleep(30);
  }
}
