import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { systemError, type TritonLocalError } from '../base/index.ts';
import type { PythonSource } from '../config/index.ts';
import { findOnPath } from './find-program.ts';
import { pythonPlaces } from './python-places.ts';
import { runQuietly } from './run-quietly.ts';

/** A Python that can run the harness. */
export interface Interpreter {
  /** The command to start: a path, or the name that the user gave. */
  readonly command: string;
  /** Such as `3.11`; undefined for a given interpreter, whose version we do not query. */
  readonly version: string | undefined;
}

type Environment = Readonly<Record<string, string>>;

const PLACES = pythonPlaces();
const MIN_MINOR = 8;
/** Prints the real path too: a launcher such as pyenv's shim or Windows' `py` would cost time at every start. */
const DESCRIBE = 'import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)';

/**
 * Returns the Python to use: the given one unchanged, otherwise the first on PATH that is new enough. If `minors` lists
 * releases of Python 3 in order of preference, it searches for one of them beyond PATH too.
 * @throws PYTHON_MISSING with the command that installs Python on this system.
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
  for (const candidate of PLACES.usual) {
    const found = await ask(candidate, environment);
    if (!found) continue;
    if (found.major === 3 && found.minor >= MIN_MINOR) {
      usual = { command: found.executable, version: `3.${found.minor}` };
      break;
    }
    rejected.push(`${candidate[0]} is Python ${found.major}.${found.minor}`);
  }
  const fits = minors.length === 0 || minors.some((minor) => usual?.version === `3.${minor}`);
  const found = usual && fits ? usual : ((await findRelease(minors, environment)) ?? usual);
  if (found) return found;
  const why = rejected.length > 0 ? `${rejected.join(', ')}` : 'no python3 or python is on PATH';
  throw systemError('PYTHON_MISSING', `no Python 3.${MIN_MINOR} or newer was found: ${why}`, {
    hint: `install it (${PLACES.installCommand}), or name one with --python`,
  });
}

/** The error for an interpreter that is too old for the harness; undefined if it is new enough or does not run. */
export async function findTooOld(
  interpreter: string,
  environment: Environment,
): Promise<TritonLocalError | undefined> {
  const found = await ask([interpreter], environment);
  if (!found || (found.major === 3 && found.minor >= MIN_MINOR)) return undefined;
  return systemError(
    'PYTHON_TOO_OLD',
    `${interpreter} is Python ${found.major}.${found.minor}, and 3.${MIN_MINOR} or newer is needed`,
    { hint: `install a newer one (${PLACES.installCommand}), or name one with --python` },
  );
}

/** A path must exist; a bare name is resolved on PATH when it is started. */
function checkGiven(interpreter: string): string {
  if (path.basename(interpreter) !== interpreter && !existsSync(interpreter)) {
    throw systemError('PYTHON_MISSING', `the Python at ${interpreter} does not exist`, {
      hint: 'check --python or TRITON_LOCAL_PYTHON',
    });
  }
  return interpreter;
}

/** Finds an installed Python of one of these releases: on PATH by its own name, or of pyenv, uv or conda. */
async function findRelease(
  minors: readonly number[],
  environment: Environment,
): Promise<Interpreter | undefined> {
  for (const minor of minors) {
    const version = `3.${minor}`;
    const candidates = [
      PLACES.ofRelease(version),
      ...(await ofPyenv(version, environment)),
      ...(await ofUv(version, environment)),
    ];
    for (const candidate of candidates) {
      const found = await ask(candidate, environment);
      if (found?.major === 3 && found.minor === minor) return { command: found.executable, version };
    }
  }
  return inCondaEnvironments(minors, environment);
}

async function ofPyenv(version: string, environment: Environment): Promise<string[][]> {
  const folder = PLACES.pyenvVersions(environment.PYENV_ROOT, homedir());
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith(`${version}.`));
  const newestFirst = names.sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  return newestFirst.map((name) => [PLACES.pythonIn(path.join(folder, name))]);
}

async function ofUv(version: string, environment: Environment): Promise<string[][]> {
  const uv = findOnPath('uv', environment);
  if (uv === undefined) return [];
  const found = await runQuietly(uv, ['python', 'find', '--no-python-downloads', version], environment);
  return found === undefined ? [] : [[found.trim()]];
}

/** Conda lists its environments in a file. */
async function inCondaEnvironments(
  minors: readonly number[],
  environment: Environment,
): Promise<Interpreter | undefined> {
  if (minors.length === 0) return undefined;
  const list = path.join(homedir(), '.conda', 'environments.txt');
  const folders = (await readFile(list, 'utf8').catch(() => '')).split(/\r?\n/).filter(Boolean);
  const base = environment.CONDA_EXE && path.dirname(path.dirname(environment.CONDA_EXE));
  for (const folder of base ? [base, ...folders] : folders) {
    const found = await ask([PLACES.pythonIn(folder)], environment);
    if (found?.major === 3 && minors.includes(found.minor))
      return { command: found.executable, version: `3.${found.minor}` };
  }
  return undefined;
}

async function ask([command = '', ...args]: readonly string[], environment: Environment) {
  const stdout = await runQuietly(command, [...args, '-c', DESCRIBE], environment);
  const [, major, minor, executable] = /^(\d+) (\d+) (.+)$/m.exec(stdout ?? '') ?? [];
  if (executable === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), executable: executable.trim() };
}
