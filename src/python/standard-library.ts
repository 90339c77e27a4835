import path from 'node:path';
import { execa } from 'execa';
import type { ScriptSource } from '../config/index.ts';
import { harnessDirectory } from './harness-directory.ts';

const CHECK_MS = 10_000;

/**
 * Whether a script and its own modules import only the standard library, so that a plain Python is all it needs.
 * Returns false for a script that imports computed names or cannot be parsed.
 */
export async function importsOnlyStandardLibrary(
  { entryScript, sourceDirectory }: ScriptSource,
  python: string,
  environment: Readonly<Record<string, string>>,
): Promise<boolean> {
  const program = path.join(harnessDirectory(), 'imports.py');
  const { failed, stdout } = await execa(python, ['-I', program, entryScript, sourceDirectory], {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: CHECK_MS,
    windowsHide: true,
  });
  return !failed && stdout.trim() === 'standard library';
}
