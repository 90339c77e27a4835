// What a frame of the log pane costs, drawn by Ink and painted by us; what it takes to move Ink's focus.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
// Below the repository, so that packages are found.
const folder = mkdtempSync(path.join(root, 'node_modules', '.bench-'));
const outfile = path.join(folder, 'log-pane.mjs');
try {
  await build({
    entryPoints: [path.join(root, 'test/bench/ui/log-pane.bench.tsx')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    packages: 'external',
  });
  const env = { ...process.env, NODE_ENV: 'production' };
  process.stdout.write(execFileSync(process.execPath, [outfile], { env, encoding: 'utf8' }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
