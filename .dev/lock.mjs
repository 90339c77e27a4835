// Writes package-lock.json anew and takes the marks of install scripts out of it. npm runs an install script only
// where the lockfile (or a fresh manifest) names one; onnxruntime-node's would download a GPU library, and none of
// the others is needed. `npm run check` fails when a mark comes back (test/unit/package.test.ts).
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
rmSync('node_modules', { recursive: true, force: true });
rmSync('package-lock.json', { force: true });
execFileSync('npm', ['install', '--ignore-scripts'], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
for (const entry of Object.values(lock.packages)) delete entry.hasInstallScript;
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
