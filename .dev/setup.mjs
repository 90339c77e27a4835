// What `npm run up`, `npm test` and `npm run bench` do before their own work: the right Node, the packages of the
// lockfile, a build of the sources as they are. Node built-ins only, since nothing is installed yet; each step is
// skipped when there is nothing to do.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Exit code of a missing prerequisite, the same as the CLI's. */
const PREREQUISITE_MISSING = 5;

/** Ends with 5 on a Node that is too old, else installs and builds what is missing or stale. */
export async function setUp() {
  requireNode();
  await ensurePackages();
  await ensureBuild();
}

/** One line of progress on stderr: stdout belongs to what runs afterwards. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * Runs a command and keeps its output for the case that it fails; meanwhile says every five seconds that it still runs.
 * @throws Error with the last lines of the output.
 */
export async function runQuietly(title, command, args, options = {}) {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(0)} s`;
  say(`${title} ...`);
  const pulse = setInterval(() => say(`${title} ... ${seconds()}`), 5_000);
  try {
    await captured(command, args, options);
  } finally {
    clearInterval(pulse);
  }
  say(`${title}: done in ${seconds()}`);
}

/** Whether the command is there and ends well. */
export function runs(command, args, options) {
  return outputOf(command, args, options) !== undefined;
}

/** What a command writes on stdout; undefined where it is not there or fails. */
export function outputOf(command, args, options) {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      ...options,
    });
  } catch {
    return undefined;
  }
}

/** How to start the npm that started us (or the one on PATH) without a shell of our own. */
export function npmCommand() {
  const execPath = process.env.npm_execpath;
  if (execPath && /npm-cli\.[cm]?js$/.test(execPath)) return { command: process.execPath, args: [execPath] };
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

function requireNode() {
  const wanted = /\d+\.\d+\.\d+/.exec(readManifest().engines.node)?.[0] ?? '';
  if (isAtLeast(process.versions.node, wanted)) return;
  say(
    `triton-local needs Node.js ${wanted} or newer, and this is ${process.versions.node} (${process.execPath}).`,
  );
  say('Install a current one from https://nodejs.org, or with a version manager: nvm install --lts');
  process.exit(PREREQUISITE_MISSING);
}

async function ensurePackages() {
  if (packagesAreInstalled()) return;
  const { command, args } = npmCommand();
  try {
    await runQuietly('Installing packages', command, [...args, 'ci', '--ignore-scripts', '--no-progress']);
  } catch (error) {
    say(error.message);
    say('The packages could not be installed. `npm ci` shows more; it needs the npm registry once.');
    process.exit(1);
  }
}

async function ensureBuild() {
  const { buildIsFresh } = await import('./build.mjs');
  if (buildIsFresh()) return;
  try {
    await captured(process.execPath, [path.join(root, '.dev/build.mjs')]);
    say('Built dist/');
  } catch (error) {
    say(error.message);
    say('The build failed. `npm run build` runs it alone.');
    process.exit(1);
  }
}

/**
 * Whether node_modules holds the lockfile's versions: npm keeps beside the packages a list of what it really installed.
 * Packages for other platforms may be absent, but never of another version.
 */
export function packagesAreInstalled() {
  const list = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(list)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([place, entry]) =>
      place === '' || installed[place]?.version === entry.version || (entry.optional && !installed[place]),
  );
}

/** Whether version `have` is `want` or newer; both are `major.minor.patch`. */
function isAtLeast(have, want) {
  const [a, b] = [have, want].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) if (a[i] !== b[i]) return a[i] > b[i];
  return true;
}

function readManifest() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
}

function captured(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command.endsWith('.cmd'),
      ...options,
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${output.trimEnd()}\n${path.basename(command)} ended with ${code}`));
    });
  });
}
