import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { withFileLock } from '../base/index.ts';
import type { PythonSource, ScriptSource } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { pythonMinors } from './conda-spec.ts';
import { requireDebugger } from './debugger.ts';
import { buildEnvironment, interpreterIn } from './environment-build.ts';
import { findConda } from './find-program.ts';
import { type Interpreter, locateInterpreter } from './interpreter.ts';
import type { PackageOrigin } from './missing-package.ts';
import {
  type CondaRequirements,
  ownRequirements,
  type Requirements,
  readRequirements,
} from './requirements.ts';
import { importsOnlyStandardLibrary } from './standard-library.ts';

/** Increase it when environments are built differently, so that old ones are not reused. */
const RECIPE = 2;
const MAX_DETAIL_CHARACTERS = 100;
const TITLE = 'python environment';
const ANY = { interpreter: undefined };

type Environment = Readonly<Record<string, string>>;

/**
 * Returns the Python for the workers: the given one unchanged, otherwise one in a managed environment under
 * `<home>/environments`, which is built when first needed and keyed by the content of the project's file.
 * @param script if it imports only the standard library and the project names no packages, nothing is installed.
 * @param environment the environment variables of pip; its PATH is searched for `uv`, conda and Python.
 * @throws PYTHON_MISSING; DEBUGPY_MISSING if an editor is to attach to a given Python without debugpy; ENVIRONMENT_FILE
 * for an invalid requirements or conda file; ENVIRONMENT_FAILED if the packages cannot be installed; the signal's
 * reason, once pip has ended.
 */
export async function ensureEnvironment(
  source: PythonSource,
  home: string,
  environment: Environment,
  events: EventSink,
  signal: AbortSignal,
  script?: ScriptSource,
): Promise<{ readonly interpreter: string; readonly packages: PackageOrigin }> {
  if (source.interpreter !== undefined) {
    const { command } = await locateInterpreter(source, environment);
    if (source.debug) await requireDebugger(command, environment);
    return { interpreter: command, packages: { kind: 'given', interpreter: command } };
  }
  const requirements = await readRequirements(source);
  if (source.reason !== undefined && requirements.file !== undefined) {
    const text = `the script's packages: ${requirements.file} (${source.reason})`;
    events.emit({ type: 'log.line', source: 'emulator', level: 'info', text });
  }
  const { interpreter } = await provide(requirements, home, environment, events, signal, script);
  const { file, lines } = requirements;
  return {
    interpreter,
    packages: file === undefined ? { kind: 'default', packages: lines } : { kind: 'file', file },
  };
}

/**
 * The same for packages of our own choice; `title` describes them to the user.
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
  script?: ScriptSource,
): Promise<{ readonly interpreter: string }> {
  const wanted = requirements.conda?.python;
  const minors = wanted ? pythonMinors(wanted.version) : [];
  const base = await locateInterpreter(ANY, environment, minors);
  const fits = !wanted || minors.some((minor) => base.version === `3.${minor}`);
  const conda = condaFor(requirements.conda, fits, environment);
  warn(requirements, base, { fits, conda }, events);
  const directory = path.join(home, 'environments', environmentKey(requirements, base, conda));
  if (isComplete(directory)) return { interpreter: interpreterIn(directory) };

  const report = (step: string, detail: string) =>
    events.emit({ type: 'environment.progress', environment: TITLE, step, detail: shorten(detail) });
  if (script && requirements.file === undefined && !requirements.lines.includes('debugpy')) {
    if (await importsOnlyStandardLibrary(script, base.command, environment)) {
      report('skip', `the script imports only the standard library: Python ${base.version} is used as it is`);
      return { interpreter: base.command };
    }
  }
  const onWait = (holder: string) =>
    report('wait', `${holder} builds the same environment (lock: ${directory}.lock)`);
  await withFileLock(`${directory}.lock`, signal, onWait, async () => {
    if (isComplete(directory)) return;
    try {
      await buildEnvironment({ directory, base, conda, requirements, environment, report }, signal);
    } catch (error) {
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
      signal.throwIfAborted();
      throw error;
    }
  });
  return { interpreter: interpreterIn(directory) };
}

/**
 * Conda is slow to start, so we use it only for what pip cannot provide: a package, or a Python that is not
 * installed.
 */
function condaFor(
  asked: CondaRequirements | undefined,
  fits: boolean,
  environment: Environment,
): string | undefined {
  if (asked === undefined || (fits && asked.missing.length === 0)) return undefined;
  return findConda(environment);
}

/** Warns of the entries of a conda file that are not met, each with its line. */
function warn(
  { conda: asked, file }: Requirements,
  base: Interpreter,
  { fits, conda }: { readonly fits: boolean; readonly conda: string | undefined },
  events: EventSink,
): void {
  if (conda !== undefined || asked === undefined) return;
  const emit = (line: number, text: string) =>
    events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text: `${file}:${line}: ${text}` });
  for (const { spec, line, why } of asked.missing) {
    emit(line, `${spec} is left out: ${why}; put micromamba, mamba or conda on PATH to install it`);
  }
  if (asked.python && !fits) {
    const { spec, line } = asked.python;
    emit(
      line,
      `${spec} was requested, and Python ${base.version} is used (${base.command}): no such Python was found on PATH, in pyenv, uv or conda; install it, or give one with --python`,
    );
  }
}

function environmentKey({ content }: Requirements, base: Interpreter, conda: string | undefined): string {
  const maker = conda ?? 'pip';
  const parts = [RECIPE, process.platform, process.arch, base.command, base.version, maker, content];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** The target of the interpreter's link may have been removed since. */
function isComplete(directory: string): boolean {
  return existsSync(path.join(directory, '.complete')) && existsSync(interpreterIn(directory));
}

function shorten(line: string): string {
  const plain = line.replace(/ \(from (?:-r|-c) .*\)$/, '').trim();
  return plain.length > MAX_DETAIL_CHARACTERS ? `${plain.slice(0, MAX_DETAIL_CHARACTERS - 1)}…` : plain;
}
