import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { execa } from 'execa';
import { entryKind, messageOf, retryWhileHeld, systemError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';

/** The release that is installed where the project brings none; the same that our tests run. */
export const ONNXRUNTIME_VERSION = '1.30.0';
const PACKAGE = 'onnxruntime-node';
/** What npm unpacks, of all platforms. */
const UNPACKED_BYTES = 300e6;
/** Less than this is other packages and manifests: the download has not begun. */
const FIRST_BYTES = 2e6;
const PROGRESS_EVERY_MS = 1_000;
const LAST_LINES = 8;

export interface OnnxRuntimeOptions {
  /** Folders searched first, as Node searches from a file in them: the project's own, then ours. */
  readonly searchFrom: readonly string[];
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly events: EventSink;
}

/**
 * Finds `onnxruntime-node` in the project, beside this program or in the state folder; where it is nowhere,
 * installs the pinned release into the state folder with npm. Its install script, which downloads a GPU library,
 * never runs, and other platforms' files (most of its 290 MB) are dropped.
 * @returns the folders to resolve it from.
 * @throws ONNXRUNTIME_INSTALL_FAILED with npm's last words.
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

/** The folder from which `onnxruntime-node` is resolved; undefined where it has to be installed. */
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

/** Installs beside and renames, so that an interrupted install is never taken for a whole one. */
async function install(target: string, options: OnnxRuntimeOptions, signal: AbortSignal): Promise<void> {
  const say = (step: string, detail: string) =>
    options.events.emit({ type: 'environment.progress', environment: 'onnxruntime', step, detail });
  const building = `${target}.${randomUUID()}.tmp`;
  await mkdir(building, { recursive: true });
  try {
    await writeFile(path.join(building, 'package.json'), '{"private":true}\n');
    say('installing', `${PACKAGE}@${ONNXRUNTIME_VERSION} from npm (once, about 90 MB to fetch)`);
    using _progress = reportProgress(building, (detail) => say('installing', detail));
    await runNpm(building, options.environment, signal);
    await dropOtherPlatforms(path.join(building, 'node_modules', PACKAGE, 'bin'));
    if ((await entryKind(target)) === undefined) await retryWhileHeld(() => rename(building, target));
    say('ready', target);
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
  // Under npx, npm says where it is; a bare `npm` on Windows is a script that only a shell can start.
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
    result.exitCode === undefined ? messageOf(result.cause ?? result) : `npm ended with ${result.exitCode}`;
  throw systemError(
    'ONNXRUNTIME_INSTALL_FAILED',
    `could not install ${PACKAGE}: ${failure}\n${lastLines.join('\n')}`,
    {
      hint: `check the network, or install it in the project: npm install --ignore-scripts ${PACKAGE}@${ONNXRUNTIME_VERSION}`,
    },
  );
}

/** Tells once a second how much npm has unpacked, and how long the rest takes at that speed; npm itself says nothing. */
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

/** A bar of 20, bytes, speed and the time that is left. */
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
 * Keeps our part of `bin/napi-vN/PLATFORM/ARCH`.
 * @throws ONNXRUNTIME_INSTALL_FAILED where there is none, as for Macs with an Intel processor
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
