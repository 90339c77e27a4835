import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { entryKind, LineSplitter, systemError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';

/** The release that is installed where the project brings none; the same that our tests run. */
export const ONNXRUNTIME_VERSION = '1.30.0';
const PACKAGE = 'onnxruntime-node';

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
  const installed = path.join(options.home, 'runtime', `${PACKAGE}-${ONNXRUNTIME_VERSION}`);
  const found = [...options.searchFrom, installed].find(holdsOnnxRuntime);
  if (found) return [found];
  await install(installed, options, signal);
  return [installed];
}

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
    await runNpm(building, options.environment, signal);
    await dropOtherPlatforms(path.join(building, 'node_modules', PACKAGE, 'bin'));
    if ((await entryKind(target)) === undefined) await rename(building, target);
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
  const child = spawn(command, commandArgs, {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: !npm && process.platform === 'win32',
    signal,
  });
  const lastLines: string[] = [];
  const splitter = new LineSplitter((line) => {
    if (line.trim() !== '') lastLines.push(line);
    if (lastLines.length > 8) lastLines.shift();
  });
  child.stdout.on('data', (chunk: Buffer) => splitter.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => splitter.push(chunk));
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code) => resolve(code === 0 ? undefined : `npm ended with ${code}`));
  });
  splitter.end();
  signal.throwIfAborted();
  if (failure === undefined) return;
  throw systemError(
    'ONNXRUNTIME_INSTALL_FAILED',
    `could not install ${PACKAGE}: ${failure}\n${lastLines.join('\n')}`,
    {
      hint: `check the network, or install it in the project: npm install --ignore-scripts ${PACKAGE}@${ONNXRUNTIME_VERSION}`,
    },
  );
}

/** `bin/napi-vN/PLATFORM/ARCH`: keeps ours. */
async function dropOtherPlatforms(bin: string): Promise<void> {
  for (const abi of await readdir(bin)) {
    for (const platform of await readdir(path.join(bin, abi))) {
      const directory = path.join(bin, abi, platform);
      if (platform !== process.platform) {
        await rm(directory, { recursive: true });
        continue;
      }
      for (const arch of await readdir(directory)) {
        if (arch !== process.arch) await rm(path.join(directory, arch), { recursive: true });
      }
    }
  }
}
