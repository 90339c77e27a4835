import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { repositoryRoot } from '../helpers/temp-project.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** An otherwise empty folder with the packed tarball installed in it. */
    installFolder: string;
    /** What npm wrote to its two streams while installing. */
    installOutput: string;
  }
}

const run = promisify(execFile);
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/**
 * What a user gets: `npm pack`, then the tarball installed in an empty folder. It has no dependencies, so nothing is
 * downloaded for it; onnxruntime-node comes beside it, as the CLI itself would get it: without its install script.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'triton-local-install-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const environment = npmEnvironment();
    const options = { env: environment, shell: process.platform === 'win32' };
    const packed = await run(npm, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      ...options,
      cwd: repositoryRoot,
    });
    const [{ filename }] = JSON.parse(packed.stdout);
    await writeFile(path.join(folder, 'package.json'), '{"name":"somebodys-project","private":true}\n');
    const inFolder = { ...options, cwd: folder };
    const installed = await run(
      npm,
      ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`],
      inFolder,
    );
    await run(npm, [...installQuietly, `onnxruntime-node@${await pinnedRuntime()}`], inFolder);
    project.provide('installFolder', folder);
    project.provide('installOutput', `${installed.stdout}${installed.stderr}`);
    return remove;
  } catch (error) {
    await remove();
    throw error;
  }
}

const installQuietly = [
  'install',
  '--ignore-scripts',
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
  '--no-save',
];

async function pinnedRuntime(): Promise<string> {
  const lock = JSON.parse(await readFile(path.join(repositoryRoot, 'package-lock.json'), 'utf8'));
  return lock.packages['node_modules/onnxruntime-node'].version;
}

/** npm passes `npm_*` variables to its scripts, which describe the checkout and not this folder. */
function npmEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_ENV$)/i.test(name)));
}
