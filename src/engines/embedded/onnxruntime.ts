import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { execa } from 'execa';
import { entryKind, messageOf, retryWhileHeld, systemError } from '../../base/index.ts';
import type { EventSink } from '../../events/index.ts';

/** The release that is installed if the project has none; our tests use the same. */
export const ONNXRUNTIME_VERSION = '1.30.0';
const PACKAGE = 'onnxruntime-node';
/** Size of the unpacked package, which contains all platforms. */
const UNPACKED_BYTES = 300e6;
/** Less than this means other packages and manifests only: the download has not begun. */
const FIRST_BYTES = 2e6;
const PROGRESS_EVERY_MS = 1_000;
const LAST_LINES = 8;

export interface OnnxRuntimeOptions {
  /** Folders to resolve the package from first, as Node does for a file in them: the project's, then ours. */
  readonly searchFrom: readonly string[];
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: EventSink;
}

/**
 * Finds `onnxruntime-node` in the project, beside this program or in the state folder; otherwise installs the pinned
 * release into the state folder with npm. Its install script, which downloads a GPU library, never runs, and the files
 * of other platforms (most of its 290 MB) are deleted.
 * @returns the folders to resolve it from.
 * @throws ONNXRUNTIME_INSTALL_FAILED with npm's last lines.
 */
export async function ensureOnnxRuntime(
  options: OnnxRuntimeOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const found = findOnnxRuntime(options.home, options.searchFrom);
  if (found) return [found];
  const installed = installedIn(options.home);
  await install(installed, options, signal);
  return [installed];
}

/** The folder to resolve `onnxruntime-node` from; undefined if it has to be installed. */
export function findOnnxRuntime(home: string, searchFrom: readonly string[]): string | undefined {
  return [...searchFrom, installedIn(home)].find(holdsOnnxRuntime);
}

const installedIn = (home: string) => path.join(home, 'runtime', `${PACKAGE}-${ONNXRUNTIME_VERSION}`);

function holdsOnnxRuntime(directory: string): boolean {
  try {
    createRequire(path.join(directory, 'package.json')).resolve(PACKAGE);
    return true;
  } catch {
    return false;
  }
}

/** Installs into a temporary folder and renames it, so that an interrupted install is never taken for a complete one. */
async function install(target: string, options: OnnxRuntimeOptions, signal: AbortSignal): Promise<void> {
  const emit = (step: string, detail: string) =>
    options.events.emit({ type: 'environment.progress', environment: 'onnxruntime', step, detail });
  const building = `${target}.${randomUUID()}.tmp`;
  await mkdir(building, { recursive: true });
  try {
    await writeFile(path.join(building, 'package.json'), '{"private":true}\n');
    emit('installing', `${PACKAGE}@${ONNXRUNTIME_VERSION} from npm (once, about 90 MB to fetch)`);
    using _progress = reportProgress(building, (detail) => emit('installing', detail));
    await runNpm(building, options.environment, signal);
    await dropOtherPlatforms(path.join(building, 'node_modules', PACKAGE, 'bin'));
    if ((await entryKind(target)) === undefined) await retryWhileHeld(() => rename(building, target));
    emit('ready', target);
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

async function runNpm(
  directory: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-save',
    '--loglevel=error',
    `${PACKAGE}@${ONNXRUNTIME_VERSION}`,
  ];
  // npm and npx set the path of npm itself; on Windows, a bare `npm` is a script that needs a shell.
  const npm = environment.npm_execpath?.endsWith('.js') ? environment.npm_execpath : undefined;
  const [command, commandArgs] = npm ? [process.execPath, [npm, ...args]] : ['npm', args];
  const result = await execa(command, commandArgs, {
    cwd: directory,
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (!result.failed) return;
  const lastLines = (result.all ?? '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-LAST_LINES);
  const failure =
    result.exitCode === undefined
      ? messageOf(result.cause ?? result)
      : `npm exited with code ${result.exitCode}`;
  throw systemError(
    'ONNXRUNTIME_INSTALL_FAILED',
    `could not install ${PACKAGE}: ${failure}\n${lastLines.join('\n')}`,
    {
      hint: `check the network, or install it in the project: npm install --ignore-scripts ${PACKAGE}@${ONNXRUNTIME_VERSION}`,
    },
  );
}

/** Reports once a second how much npm has unpacked and the time remaining; npm itself reports nothing. */
function reportProgress(directory: string, report: (detail: string) => void): Disposable {
  let began: number | undefined;
  let isMeasuring = false;
  const timer = setInterval(async () => {
    if (isMeasuring) return;
    isMeasuring = true;
    const bytes = await sizeOf(directory).catch(() => 0);
    isMeasuring = false;
    if (bytes < FIRST_BYTES) return;
    began ??= performance.now() - PROGRESS_EVERY_MS;
    report(progressText(bytes, (performance.now() - began) / 1000));
  }, PROGRESS_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** A progress bar with bytes, speed and the time remaining. */
export function progressText(bytes: number, seconds: number): string {
  const part = Math.min(1, bytes / UNPACKED_BYTES);
  const bar = '#'.repeat(Math.floor(part * 20)).padEnd(20, '.');
  const megabytes = (count: number) => Math.round(count / 1e6);
  const speed = bytes / seconds;
  const left = Math.ceil(Math.max(0, UNPACKED_BYTES - bytes) / speed);
  return `[${bar}] ${megabytes(bytes)} of about ${megabytes(UNPACKED_BYTES)} MB, ${megabytes(speed)} MB/s, ${left} s left`;
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(path.join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * Keeps only this machine's `bin/napi-vN/PLATFORM/ARCH`.
 * @throws ONNXRUNTIME_INSTALL_FAILED if there is none, as for Macs with an Intel processor
 */
export async function dropOtherPlatforms(
  bin: string,
  { platform, arch }: Pick<NodeJS.Process, 'platform' | 'arch'> = process,
): Promise<void> {
  const ours = path.join(platform, arch);
  let isThere = false;
  for (const abi of await readdir(bin)) {
    for (const system of await readdir(path.join(bin, abi))) {
      for (const machine of await readdir(path.join(bin, abi, system))) {
        if (path.join(system, machine) === ours) isThere = true;
        else await rm(path.join(bin, abi, system, machine), { recursive: true });
      }
    }
  }
  if (isThere) return;
  throw systemError(
    'ONNXRUNTIME_INSTALL_FAILED',
    `${PACKAGE} ${ONNXRUNTIME_VERSION} has no build for ${platform} ${arch}`,
    {
      hint: 'use --engine docker, or --engine external with a Triton on another machine',
    },
  );
}
