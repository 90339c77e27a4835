// `npm test [-- vitest arguments]`: sets up what is missing, then runs every layer. A layer whose Python peers cannot
// be had is skipped and named; with CI=true or REQUIRE_ALL_LAYERS=1 a skip is a failure (test/layers-reporter.ts).
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensurePeers } from './peers.mjs';
import { root, say, setUp } from './setup.mjs';

await setUp();
const python = await ensurePeers();
if (!python) say('Without it, the tests that need Python are skipped.');

const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, ...(python && { TRITON_LOCAL_TEST_PYTHON: python }) },
});
// Ctrl+C reaches vitest through the terminal; we only stay until it is done.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('close', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
});
