import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { LineSplitter, systemError, withFileLock, writeFileAtomic } from '../base/index.ts';
import type { PythonSource } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { requireDebugger } from './debugger.ts';
import { harnessDirectory } from './harness-directory.ts';
import { type Interpreter, locateInterpreter } from './interpreter.ts';
import { ownRequirements, type Requirements, readRequirements } from './requirements.ts';

/** Changed when environments are built in another way, so that old ones are not taken for new. */
const RECIPE = 1;
const LAST_LINES = 15;
const MAX_DETAIL_CHARACTERS = 100;
const TITLE = 'python environment';
const ANY = { interpreter: undefined };

type Environment = Readonly<Record<string, string>>;

/**
 * The Python for the workers: the given one as it is, else one in a managed environment under
 * `<home>/environments`, built on first need and found again by the content of the project's file.
 * @param environment the variables that pip runs with; its PATH is searched for `uv` and Python.
 * @throws PYTHON_MISSING; DEBUGPY_MISSING where an editor is to attach to a given Python without it; ENVIRONMENT_FILE
 * for a bad requirements or conda file; ENVIRONMENT_FAILED when the packages cannot be installed; the signal's
 * reason, after pip has ended.
 */
export async function ensureEnvironment(
  source: PythonSource,
  home: string,
  environment: Environment,
  events: EventSink,
  signal: AbortSignal,
): Promise<{ readonly interpreter: string }> {
  if (source.interpreter !== undefined) {
    const { command } = await locateInterpreter(source, environment);
    if (source.debug) await requireDebugger(command, environment);
    return { interpreter: command };
  }
  return provide(await readRequirements(source), home, environment, events, signal);
}

/**
 * The same for packages that we name ourselves; `title` is what they are, for people.
 * @throws as `ensureEnvironment`
 */
export function ensurePackages(
  title: string,
  packages: readonly string[],
  home: string,
  environment: Environment,
  events: EventSink,
  signal: AbortSignal,
): Promise<{ readonly interpreter: string }> {
  return provide(ownRequirements(title, packages), home, environment, events, signal);
}

async function provide(
  requirements: Requirements,
  home: string,
  environment: Environment,
  events: EventSink,
  signal: AbortSignal,
): Promise<{ readonly interpreter: string }> {
  const base = await locateInterpreter(ANY, environment, requirements.python);
  warnAboutConda(requirements, base, events);
  const directory = path.join(home, 'environments', environmentKey(requirements, base));
  const interpreter = interpreterIn(directory);
  if (isComplete(directory)) return { interpreter };

  const tell = (step: string, detail: string) =>
    events.emit({ type: 'environment.progress', environment: TITLE, step, detail: shorten(detail) });
  const onWait = (holder: string) =>
    tell('wait', `${holder} builds the same environment (lock: ${directory}.lock)`);
  await withFileLock(`${directory}.lock`, signal, onWait, async () => {
    if (isComplete(directory)) return;
    try {
      await build(directory, base, requirements, environment, tell, signal);
    } catch (error) {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      signal.throwIfAborted();
      throw error;
    }
  });
  return { interpreter };
}

type Tell = (step: string, detail: string) => void;

/** Builds in the final place, for an environment cannot be moved; the mark at the end makes it count. */
async function build(
  directory: string,
  base: Interpreter,
  requirements: Requirements,
  environment: Environment,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(directory, { recursive: true });
  const list = path.join(directory, 'requirements.txt');
  await writeFile(list, `${requirements.lines.join('\n')}\n`);
  const uv = findOnPath('uv', environment);
  const python = interpreterIn(directory);
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off'];
  const steps =
    uv === undefined
      ? [
          ['create', base.command, '-m', 'venv', directory],
          ['install', python, '-m', 'pip', 'install', ...quiet, '-r', list],
        ]
      : [
          ['create', uv, 'venv', '--allow-existing', '--python', base.command, directory],
          ['install', uv, 'pip', 'install', '--python', python, '--compile-bytecode', '-r', list],
        ];
  tell('create', `for ${requirements.title} with Python ${base.version}`);
  for (const [step = '', ...command] of steps) {
    await runStep(step, command, base, requirements, environment, tell, signal);
  }
  await writeFileAtomic(path.join(directory, '.complete'), `${JSON.stringify({ base, ...requirements })}\n`);
  tell('done', `for ${requirements.title}`);
}

async function runStep(
  step: string,
  command: readonly string[],
  base: Interpreter,
  requirements: Requirements,
  environment: Environment,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  const last: string[] = [];
  const splitter = () =>
    new LineSplitter((line) => {
      if (line.trim() === '') return;
      if (last.push(line) > LAST_LINES) last.shift();
      tell(step, line);
    });
  // The guard ends pip with us, even when we are killed: an orphan would go on writing into the environment.
  const subprocess = execa(base.command, [path.join(harnessDirectory(), 'guard.py'), ...command], {
    env: installEnvironment(environment),
    extendEnv: false,
    stdin: 'pipe',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    cancelSignal: signal,
    windowsHide: true,
  });
  for (const stream of [subprocess.stdout, subprocess.stderr]) {
    const lines = splitter();
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    stream.once('end', () => lines.end());
  }
  const { failed } = await subprocess;
  signal.throwIfAborted();
  if (failed) throw buildError(step, last, requirements);
}

function installEnvironment(environment: Environment): Record<string, string> {
  // PYTHONPATH would make pip believe that packages are there; a user-wide --user setting breaks environments.
  const { PYTHONPATH: _path, PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...rest } = environment;
  return { ...rest, PIP_USER: '0', PYTHONUNBUFFERED: '1', NO_COLOR: '1' };
}

function buildError(step: string, last: readonly string[], { title, file }: Requirements): Error {
  const told = last.findLast((line) => /error/i.test(line)) ?? last.at(-1) ?? 'it gave no reason';
  const venv = step === 'create' && last.some((line) => line.includes('ensurepip'));
  return systemError(
    'ENVIRONMENT_FAILED',
    `the Python environment for ${title} could not be built: ${told.trim()}`,
    {
      hint: venv
        ? 'install the venv module (sudo apt install python3-venv), or give a ready Python with --python'
        : 'mend the file or the network, or give a Python that has the packages with --python',
      cause: new Error(last.join('\n')),
      ...(file === undefined ? {} : { location: { file } }),
    },
  );
}

function warnAboutConda(
  { condaOnly, python, title }: Requirements,
  base: Interpreter,
  events: EventSink,
): void {
  const warn = (text: string) =>
    events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  if (condaOnly.length > 0) {
    const list = condaOnly.join(', ');
    warn(`${title}: only its pip section is installed; without conda these are left out: ${list}`);
  }
  if (python !== undefined && base.version !== python)
    warn(`${title} asks for Python ${python}; ${base.version} is used (${base.command})`);
}

function environmentKey({ content }: Requirements, base: Interpreter): string {
  const parts = [RECIPE, process.platform, process.arch, base.command, base.version, content];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

function interpreterIn(directory: string): string {
  return process.platform === 'win32'
    ? path.join(directory, 'Scripts', 'python.exe')
    : path.join(directory, 'bin', 'python');
}

/** The interpreter's link may have lost its target since. */
function isComplete(directory: string): boolean {
  return existsSync(path.join(directory, '.complete')) && existsSync(interpreterIn(directory));
}

function findOnPath(program: string, environment: Environment): string | undefined {
  const name = process.platform === 'win32' ? `${program}.exe` : program;
  const search = environment.PATH ?? environment.Path ?? '';
  const folders = search.split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

function shorten(line: string): string {
  const plain = line.replace(/ \(from (?:-r|-c) .*?\)/g, '').trim();
  return plain.length > MAX_DETAIL_CHARACTERS ? `${plain.slice(0, MAX_DETAIL_CHARACTERS - 1)}…` : plain;
}
