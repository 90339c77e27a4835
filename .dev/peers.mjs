// The Python environments of the tests: one with the real tritonclient and the real azureml-inference-server-http, one
// with a real tritonserver, one with the real azureml-core, one for each azure-ai-ml, and one with perf_analyzer. Each is made once for its list
// of packages and each interpreter, below the user's cache folder.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputOf, root, runQuietly, runs, say } from './setup.mjs';

const LOCK_LIMIT_MS = 600_000;

const PEERS = {
  name: 'peers',
  list: path.join(root, '.dev/peers.txt'),
  options: [],
  title: 'Installing the Python peers of the tests',
};
const TRITON = {
  name: 'triton',
  list: path.join(root, '.dev/triton.txt'),
  options: ['--no-deps', '--only-binary', ':all:'],
  title: 'Installing the tritonserver of the tests',
};

const AZUREML = {
  name: 'azureml',
  list: path.join(root, '.dev/azureml.txt'),
  options: [],
  title: 'Installing the Azure ML SDK of the tests',
};

const AZURE_AI_ML = {
  name: 'azure-ai-ml',
  list: path.join(root, '.dev/azure-ai-ml.txt'),
  options: [],
  title: 'Installing the Azure ML SDK of v2 for the tests',
};

const AZURE_AI_ML_1_12 = {
  name: 'azure-ai-ml-1.12',
  list: path.join(root, '.dev/azure-ai-ml-1.12.txt'),
  options: [],
  title: 'Installing an older Azure ML SDK of v2 for the tests',
};

const PERF_ANALYZER = {
  name: 'perf-analyzer',
  list: path.join(root, '.dev/perf-analyzer.txt'),
  options: ['--no-deps', '--only-binary', ':all:'],
  title: 'Installing perf_analyzer for the tests',
};

const ONNX = {
  name: 'onnx',
  list: path.join(root, '.dev/onnx.txt'),
  options: ['--no-deps', '--only-binary', ':all:'],
  title: 'Installing the node tests of ONNX',
};

/**
 * The interpreter of the environment with the clients and Azure's server, which is made when it is not there.
 * TRITON_LOCAL_TEST_PYTHON, where set, is taken as it is.
 * @returns undefined, after saying why, where there is no Python or the packages cannot be had.
 */
export async function ensurePeers() {
  return process.env.TRITON_LOCAL_TEST_PYTHON || (await ensureEnvironment(PEERS));
}

/**
 * The interpreter of the environment with a real tritonserver, likewise; TRITON_LOCAL_TEST_TRITON, where set, is taken
 * as it is.
 * @returns undefined, after saying why, also on a platform that the server is not built for.
 */
export async function ensureTriton() {
  if (process.env.TRITON_LOCAL_TEST_TRITON) return process.env.TRITON_LOCAL_TEST_TRITON;
  if (process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch))
    return ensureEnvironment(TRITON);
  say(`There is no tritonserver for ${process.platform} ${process.arch}.`);
  return undefined;
}

/** The interpreter of the environment with the real azureml-core, likewise; TRITON_LOCAL_TEST_AZUREML names another. */
export async function ensureAzureml() {
  return process.env.TRITON_LOCAL_TEST_AZUREML || (await ensureEnvironment(AZUREML));
}

/** The interpreter of the environment with the real azure-ai-ml; TRITON_LOCAL_TEST_AZURE_AI_ML names another. */
export async function ensureAzureAiMl() {
  return process.env.TRITON_LOCAL_TEST_AZURE_AI_ML || (await ensureEnvironment(AZURE_AI_ML));
}

/** The same for an older azure-ai-ml; TRITON_LOCAL_TEST_AZURE_AI_ML_1_12 names another. */
export async function ensureAzureAiMl112() {
  return process.env.TRITON_LOCAL_TEST_AZURE_AI_ML_1_12 || (await ensureEnvironment(AZURE_AI_ML_1_12));
}

/** The interpreter of the environment with perf_analyzer, likewise; TRITON_LOCAL_TEST_PERF_ANALYZER names another. */
export async function ensurePerfAnalyzer() {
  return process.env.TRITON_LOCAL_TEST_PERF_ANALYZER || (await ensureEnvironment(PERF_ANALYZER));
}

/** The interpreter of the environment with the node tests of ONNX, likewise; TRITON_LOCAL_TEST_ONNX names another. */
export async function ensureOnnx() {
  return process.env.TRITON_LOCAL_TEST_ONNX || (await ensureEnvironment(ONNX));
}

async function ensureEnvironment(wanted) {
  const python = findPython();
  if (!python) {
    say('There is no Python 3.9 or newer on PATH.');
    return undefined;
  }
  const hash = createHash('sha256')
    .update(readFileSync(wanted.list))
    .update(`${python.path} ${python.version}`);
  const directory = path.join(cacheFolder(), `${wanted.name}-${hash.digest('hex').slice(0, 16)}`);
  const interpreter = interpreterIn(directory);
  try {
    await alone(`${directory}.lock`, async () => {
      if (existsSync(path.join(directory, '.complete'))) return;
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(path.dirname(directory), { recursive: true });
      await makeEnvironment(wanted, python.path, directory, interpreter);
      writeFileSync(path.join(directory, '.complete'), '');
    });
    return interpreter;
  } catch (error) {
    say(error.message);
    say(`The environment of .dev/${path.basename(wanted.list)} could not be made.`);
    return undefined;
  }
}

async function makeEnvironment({ list, options, title }, python, directory, interpreter) {
  const what = [...options, '-r', list];
  if (runs('uv', ['--version'])) {
    await runQuietly('Making a Python environment', 'uv', ['venv', '--quiet', '--python', python, directory]);
    await runQuietly(title, 'uv', ['pip', 'install', '--quiet', '--python', interpreter, ...what]);
    return;
  }
  if (!runs(python, ['-c', 'import ensurepip'])) {
    throw new Error(`${python} cannot make environments; on Debian and Ubuntu: apt-get install python3-venv`);
  }
  await runQuietly('Making a Python environment', python, ['-m', 'venv', directory]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...what];
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
