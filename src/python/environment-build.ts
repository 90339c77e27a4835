import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { LineSplitter, writeFileAtomic } from '../base/index.ts';
import { DownloadProgress } from './download-progress.ts';
import { findOnPath } from './find-program.ts';
import { harnessDirectory } from './harness-directory.ts';
import { installFailure } from './install-failure.ts';
import type { Interpreter } from './interpreter.ts';
import type { Requirements } from './requirements.ts';

/** How much output is kept to find the cause of a failure. */
const KEPT_LINES = 600;
/** The first release of pip that reports downloads as numbers. */
const RAW_PROGRESS_SINCE = [24, 1] as const;

export interface EnvironmentBuild {
  /** Where the environment is built; it cannot be moved afterwards. */
  readonly directory: string;
  readonly base: Interpreter;
  /** The conda program that builds it; undefined to build with venv and pip, or with uv. */
  readonly conda: string | undefined;
  readonly requirements: Requirements;
  /** Environment variables of the installers; its PATH is searched for `uv`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly report: (step: string, detail: string) => void;
}

/**
 * Builds the environment; it counts only once its marker file is written, last.
 * @throws ENVIRONMENT_FAILED; the signal's reason.
 */
export async function buildEnvironment(build: EnvironmentBuild, signal: AbortSignal): Promise<void> {
  const { directory, base, requirements, conda, report } = build;
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(directory, { recursive: true });
  const by = conda === undefined ? `Python ${base.version}` : path.parse(conda).name;
  report('create', `for ${requirements.title} with ${by}`);
  if (conda === undefined) await withPip(build, signal);
  else await withConda(build, conda, signal);
  const record = `${JSON.stringify({ base, ...requirements })}\n`;
  await writeFileAtomic(path.join(directory, '.complete'), record);
  report('done', `for ${requirements.title}`);
}

/** The Python of an environment; on Windows, conda puts it elsewhere than venv. */
export function interpreterIn(directory: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') return path.join(directory, 'bin', 'python');
  const ofConda = path.join(directory, 'python.exe');
  return existsSync(ofConda) ? ofConda : path.join(directory, 'Scripts', 'python.exe');
}

async function withPip(build: EnvironmentBuild, signal: AbortSignal): Promise<void> {
  const { directory, base, requirements, environment } = build;
  const list = await writeList(directory, requirements.lines);
  const uv = findOnPath('uv', environment);
  const python = interpreterIn(directory);
  if (uv === undefined) {
    await runStep('create', [base.command, '-m', 'venv', directory], build, signal);
    await runStep('install', [python, ...(await pipInstall(directory, list))], build, signal);
  } else {
    const create = [uv, 'venv', '--allow-existing', '--python', base.command, directory];
    await runStep('create', create, build, signal);
    const install = [uv, 'pip', 'install', '--python', python, '--compile-bytecode', '-r', list];
    await runStep('install', install, build, signal);
  }
}

/** Conda installs its packages, then pip the pip section, in conda's order. */
async function withConda(build: EnvironmentBuild, conda: string, signal: AbortSignal): Promise<void> {
  const { directory, base, requirements } = build;
  const { packages = [], channels = [], python, pip = [] } = requirements.conda ?? {};
  const specs = packages.map(({ spec }) => spec);
  // Conda installs neither Python nor pip unless asked.
  const added = [...(python ? [] : [`python=${base.version}`]), 'pip'];
  const from = (channels.length > 0 ? channels : ['conda-forge']).flatMap((channel) => ['-c', channel]);
  await rm(directory, { recursive: true, force: true });
  await runStep(
    'create',
    [conda, 'create', '-y', '-p', directory, ...from, ...specs, ...added],
    build,
    signal,
  );
  if (pip.length === 0) return;
  const list = await writeList(directory, pip);
  await runStep('install', [interpreterIn(directory), ...(await pipInstall(directory, list))], build, signal);
}

async function writeList(directory: string, lines: readonly string[]): Promise<string> {
  const list = path.join(directory, 'requirements.txt');
  await writeFile(list, `${lines.join('\n')}\n`);
  return list;
}

async function pipInstall(directory: string, list: string): Promise<string[]> {
  const progress = (await reportsNumbers(directory)) ? 'raw' : 'off';
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', progress];
  // Isolated, since pip runs in the user's folder, where a `types.py` or `code.py` would shadow Python's own.
  return ['-I', '-u', '-m', 'pip', 'install', ...quiet, '-r', list];
}

async function reportsNumbers(directory: string): Promise<boolean> {
  const [wanted, wantedMinor] = RAW_PROGRESS_SINCE;
  const libraries = [path.join(directory, 'Lib'), ...(await inFolder(path.join(directory, 'lib')))];
  for (const library of libraries) {
    for (const entry of await inFolder(path.join(library, 'site-packages'))) {
      const [, major, minor] = /^pip-(\d+)\.(\d+).*\.dist-info$/.exec(path.basename(entry)) ?? [];
      if (major === undefined) continue;
      return Number(major) > wanted || (Number(major) === wanted && Number(minor) >= wantedMinor);
    }
  }
  return false;
}

const inFolder = async (folder: string) =>
  (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name));

async function runStep(
  step: string,
  command: readonly string[],
  { base, requirements, environment, report }: EnvironmentBuild,
  signal: AbortSignal,
): Promise<void> {
  const output: string[] = [];
  const progress = new DownloadProgress();
  const splitter = () =>
    new LineSplitter((line) => {
      const shown = line.trim() === '' ? undefined : progress.read(line);
      if (shown === undefined) return;
      if (!line.startsWith('Progress ') && output.push(line) > KEPT_LINES) output.shift();
      report(step, shown);
    });
  // The guard ends the installer with us, even if we are killed: an orphan would keep writing into the environment.
  const subprocess = execa(base.command, [path.join(harnessDirectory(), 'guard.py'), ...command], {
    env: installEnvironment(environment),
    extendEnv: false,
    // Relative paths are resolved from the folder of the user's file, as conda does.
    ...(requirements.directory !== undefined && { cwd: requirements.directory }),
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
  if (failed) throw installFailure({ step, output, python: base.version }, requirements);
}

function installEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  // PYTHONPATH would make pip believe that packages are installed; a user-wide --user setting breaks environments.
  const { PYTHONPATH: _path, PYTHONHOME: _home, VIRTUAL_ENV: _venv, ...rest } = environment;
  return { ...rest, PIP_USER: '0', PYTHONUNBUFFERED: '1', NO_COLOR: '1' };
}
