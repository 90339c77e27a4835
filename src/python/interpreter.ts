import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { systemError, type TritonLocalError } from '../base/index.ts';
import type { PythonSource } from '../config/index.ts';
import { findOnPath } from './find-program.ts';

/** A Python that can run the harness. */
export interface Interpreter {
  /** What to start: a path, or the name that the user gave. */
  readonly command: string;
  /** Such as `3.11`; undefined for one that was given, which is used unasked. */
  readonly version: string | undefined;
}

type Environment = Readonly<Record<string, string>>;

const MIN_MINOR = 8;
const CHECK_MS = 10_000;
/** A launcher such as pyenv's shim or Windows' `py` costs time at every start, so the real path is asked for. */
const TELL = 'import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)';

/**
 * The Python to use: the given one as it is, else the first on PATH that is new enough. Where `minors` names releases of
 * Python 3, in order, one of them is looked for beyond PATH too, and taken where it is there.
 * @throws PYTHON_MISSING with the command that installs one on this system.
 */
export async function locateInterpreter(
  source: Pick<PythonSource, 'interpreter'>,
  environment: Environment,
  minors: readonly number[] = [],
): Promise<Interpreter> {
  if (source.interpreter !== undefined)
    return { command: checkGiven(source.interpreter), version: undefined };
  const rejected: string[] = [];
  let usual: Interpreter | undefined;
  for (const candidate of usualCandidates()) {
    const told = await ask(candidate, environment);
    if (!told) continue;
    if (told.major === 3 && told.minor >= MIN_MINOR) {
      usual = { command: told.executable, version: `3.${told.minor}` };
      break;
    }
    rejected.push(`${candidate[0]} is Python ${told.major}.${told.minor}`);
  }
  const fits = minors.length === 0 || minors.some((minor) => usual?.version === `3.${minor}`);
  const found = usual && fits ? usual : ((await findRelease(minors, environment)) ?? usual);
  if (found) return found;
  const why = rejected.length > 0 ? `${rejected.join(', ')}` : 'no python3 or python is on PATH';
  throw systemError('PYTHON_MISSING', `no Python 3.${MIN_MINOR} or newer was found: ${why}`, {
    hint: `install it (${installCommand()}), or give its path with --python`,
  });
}

/** The error for an interpreter that is too old to run the harness; undefined for one that is not, or does not run. */
export async function findTooOld(
  interpreter: string,
  environment: Environment,
): Promise<TritonLocalError | undefined> {
  const told = await ask([interpreter], environment);
  if (!told || (told.major === 3 && told.minor >= MIN_MINOR)) return undefined;
  return systemError(
    'PYTHON_TOO_OLD',
    `${interpreter} is Python ${told.major}.${told.minor}, and 3.${MIN_MINOR} or newer is needed`,
    { hint: `install a newer one (${installCommand()}), or give its path with --python` },
  );
}

/** A path must exist; a bare name is looked up on PATH when it is started. */
function checkGiven(interpreter: string): string {
  if (path.basename(interpreter) !== interpreter && !existsSync(interpreter)) {
    throw systemError('PYTHON_MISSING', `the Python at ${interpreter} does not exist`, {
      hint: 'check --python or TRITON_LOCAL_PYTHON',
    });
  }
  return interpreter;
}

function usualCandidates(): string[][] {
  return [['python3'], ['python'], ...(process.platform === 'win32' ? [['py', '-3']] : [])];
}

/** An installed Python of one of these releases: on PATH under its own name, of pyenv, of uv, or in a conda environment. */
async function findRelease(
  minors: readonly number[],
  environment: Environment,
): Promise<Interpreter | undefined> {
  for (const minor of minors) {
    const version = `3.${minor}`;
    const candidates = [
      process.platform === 'win32' ? ['py', `-${version}`] : [`python${version}`],
      ...(await ofPyenv(version, environment)),
      ...(await ofUv(version, environment)),
    ];
    for (const candidate of candidates) {
      const told = await ask(candidate, environment);
      if (told?.major === 3 && told.minor === minor) return { command: told.executable, version };
    }
  }
  return inCondaEnvironments(minors, environment);
}

async function ofPyenv(version: string, environment: Environment): Promise<string[][]> {
  const root = environment.PYENV_ROOT ?? path.join(homedir(), '.pyenv');
  const folder = path.join(root, process.platform === 'win32' ? 'pyenv-win/versions' : 'versions');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(`${version}.`));
  const newestFirst = names.sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  return newestFirst.map((name) => [pythonIn(path.join(folder, name))]);
}

async function ofUv(version: string, environment: Environment): Promise<string[][]> {
  const uv = findOnPath('uv', environment);
  if (uv === undefined) return [];
  const found = await runQuietly(uv, ['python', 'find', '--no-python-downloads', version], environment);
  return found === undefined ? [] : [[found.trim()]];
}

/** Conda keeps a list of its environments. */
async function inCondaEnvironments(
  minors: readonly number[],
  environment: Environment,
): Promise<Interpreter | undefined> {
  if (minors.length === 0) return undefined;
  const list = path.join(homedir(), '.conda', 'environments.txt');
  const folders = (await readFile(list, 'utf8').catch(() => '')).split(/\r?\n/).filter(Boolean);
  const base = environment.CONDA_EXE && path.dirname(path.dirname(environment.CONDA_EXE));
  for (const folder of base ? [base, ...folders] : folders) {
    const told = await ask([pythonIn(folder)], environment);
    if (told?.major === 3 && minors.includes(told.minor))
      return { command: told.executable, version: `3.${told.minor}` };
  }
  return undefined;
}

const pythonIn = (prefix: string) =>
  process.platform === 'win32' ? path.join(prefix, 'python.exe') : path.join(prefix, 'bin', 'python');

async function ask([command = '', ...args]: readonly string[], environment: Environment) {
  const stdout = await runQuietly(command, [...args, '-c', TELL], environment);
  const [, major, minor, executable] = /^(\d+) (\d+) (.+)$/m.exec(stdout ?? '') ?? [];
  if (executable === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), executable: executable.trim() };
}

async function runQuietly(
  command: string,
  args: readonly string[],
  environment: Environment,
): Promise<string | undefined> {
  const { stdout, failed } = await execa(command, args, {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: CHECK_MS,
    windowsHide: true,
  });
  return failed ? undefined : stdout;
}

function installCommand(): string {
  if (process.platform === 'darwin') return 'brew install python';
  if (process.platform === 'win32') return 'winget install Python.Python.3.12';
  return 'sudo apt install python3 python3-venv, or the equivalent of your distribution';
}
