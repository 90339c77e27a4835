// The Python environment of the tests: the real tritonclient and the real azureml-inference-server-http, made once
// for each list of packages and each interpreter, below the user's cache folder.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root, runQuietly, say } from './setup.mjs';

const LIST = path.join(root, '.dev/peers.txt');
const LOCK_LIMIT_MS = 600_000;

/**
 * The interpreter of the environment, which is made when it is not there. TRITON_LOCAL_TEST_PYTHON, where set, is
 * taken as it is.
 * @returns undefined, after saying why, where there is no Python or the packages cannot be had.
 */
export async function ensurePeers() {
  if (process.env.TRITON_LOCAL_TEST_PYTHON) return process.env.TRITON_LOCAL_TEST_PYTHON;
  const python = findPython();
  if (!python) {
    say('There is no Python 3.9 or newer on PATH.');
    return undefined;
  }
  const hash = createHash('sha256').update(readFileSync(LIST)).update(`${python.path} ${python.version}`);
  const directory = path.join(cacheFolder(), `peers-${hash.digest('hex').slice(0, 16)}`);
  const interpreter = interpreterIn(directory);
  try {
    await alone(`${directory}.lock`, async () => {
      if (existsSync(path.join(directory, '.complete'))) return;
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(path.dirname(directory), { recursive: true });
      await makeEnvironment(python.path, directory, interpreter);
      writeFileSync(path.join(directory, '.complete'), '');
    });
    return interpreter;
  } catch (error) {
    say(error.message);
    say('The Python environment of the tests could not be made.');
    return undefined;
  }
}

async function makeEnvironment(python, directory, interpreter) {
  const title = 'Installing the Python peers of the tests';
  if (runs('uv', ['--version'])) {
    await runQuietly('Making a Python environment', 'uv', ['venv', '--quiet', '--python', python, directory]);
    await runQuietly(title, 'uv', ['pip', 'install', '--quiet', '--python', interpreter, '-r', LIST]);
    return;
  }
  if (!runs(python, ['-c', 'import ensurepip'])) {
    throw new Error(`${python} cannot make environments; on Debian and Ubuntu: apt-get install python3-venv`);
  }
  await runQuietly('Making a Python environment', python, ['-m', 'venv', directory]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', LIST];
  await runQuietly(title, interpreter, pip);
}

function findPython() {
  const print = 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])';
  for (const [command, ...args] of [['python3'], ['python'], ['py', '-3']]) {
    const output = outputOf(command, [...args, '-c', print]);
    const [executable, version] = output?.trim().split(/\r?\n/) ?? [];
    const [major, minor] = version?.split('.').map(Number) ?? [];
    if (executable && (major > 3 || (major === 3 && minor >= 9))) return { path: executable, version };
  }
  return undefined;
}

function interpreterIn(directory) {
  return process.platform === 'win32'
    ? path.join(directory, 'Scripts', 'python.exe')
    : path.join(directory, 'bin', 'python');
}

function cacheFolder() {
  const base =
    process.env.XDG_CACHE_HOME ??
    (process.platform === 'win32' ? process.env.LOCALAPPDATA : undefined) ??
    path.join(os.homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache');
  return path.join(base, 'triton-local-dev');
}

/** Runs the task while holding a lock folder, so that two runs at once do not build over each other. */
async function alone(lock, task) {
  mkdirSync(path.dirname(lock), { recursive: true });
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > LOCK_LIMIT_MS) rmSync(lock, { recursive: true, force: true });
      else await sleep(500);
    }
  }
  const removeLock = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', removeLock);
  try {
    await task();
  } finally {
    removeLock();
    process.off('exit', removeLock);
  }
}

function runs(command, args) {
  return outputOf(command, args) !== undefined;
}

function outputOf(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
