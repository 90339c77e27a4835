import { existsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { systemError, type TritonLocalError } from '../base/index.ts';
import type { PythonSource } from '../config/index.ts';

/** A Python that can run the harness. */
export interface Interpreter {
  /** What to start: a path, or the name that the user gave. */
  readonly command: string;
  /** Such as `3.11`; undefined for one that was given, which is used unasked. */
  readonly version: string | undefined;
}

const MIN_MINOR = 8;
const CHECK_MS = 10_000;
/** A launcher such as pyenv's shim or Windows' `py` costs time at every start, so the real path is asked for. */
const TELL = 'import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)';

/**
 * The Python to use: the given one as it is, else the first on PATH that is new enough. `version` (such as `3.9`) is
 * preferred where it is there under its own name.
 * @throws PYTHON_MISSING with the command that mends it on this system.
 */
export async function locateInterpreter(
  source: Pick<PythonSource, 'interpreter'>,
  environment: Readonly<Record<string, string>>,
  version?: string,
): Promise<Interpreter> {
  if (source.interpreter !== undefined)
    return { command: checkGiven(source.interpreter), version: undefined };
  const rejected: string[] = [];
  for (const [command = '', ...args] of candidates(version)) {
    const told = await ask(command, args, environment);
    if (!told) continue;
    if (told.major === 3 && told.minor >= MIN_MINOR) {
      return { command: told.executable, version: `${told.major}.${told.minor}` };
    }
    rejected.push(`${command} is Python ${told.major}.${told.minor}`);
  }
  const why = rejected.length > 0 ? `${rejected.join(', ')}` : 'no python3 or python is on PATH';
  throw systemError('PYTHON_MISSING', `no Python 3.${MIN_MINOR} or newer was found: ${why}`, {
    hint: `install it (${installCommand()}), or give its path with --python`,
  });
}

/** The error for an interpreter that is too old to run the harness; undefined for one that is not, or does not run. */
export async function findTooOld(
  interpreter: string,
  environment: Readonly<Record<string, string>>,
): Promise<TritonLocalError | undefined> {
  const told = await ask(interpreter, [], environment);
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

function candidates(version: string | undefined): string[][] {
  const windows = process.platform === 'win32';
  const named = version === undefined ? [] : windows ? [['py', `-${version}`]] : [[`python${version}`]];
  return [...named, ['python3'], ['python'], ...(windows ? [['py', '-3']] : [])];
}

async function ask(command: string, args: readonly string[], environment: Readonly<Record<string, string>>) {
  const { stdout, failed } = await execa(command, [...args, '-c', TELL], {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: CHECK_MS,
    windowsHide: true,
  });
  const match = failed ? null : /^(\d+) (\d+) (.+)$/m.exec(stdout);
  const [, major, minor, executable] = match ?? [];
  if (executable === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), executable: executable.trim() };
}

function installCommand(): string {
  if (process.platform === 'darwin') return 'brew install python';
  if (process.platform === 'win32') return 'winget install Python.Python.3.12';
  return 'sudo apt install python3 python3-venv, or the like of your distribution';
}
