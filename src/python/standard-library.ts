import path from 'node:path';
import type { ScriptSource } from '../config/index.ts';
import { harnessDirectory } from './harness-directory.ts';
import { runQuietly } from './run-quietly.ts';

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
  const stdout = await runQuietly(python, ['-I', program, entryScript, sourceDirectory], environment);
  return stdout?.trim() === 'standard library';
}
