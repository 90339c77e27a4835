import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, userError } from '../base/index.ts';
import type { FileValue } from './parse-project-file.ts';

export const PROJECT_FILE = 'triton-local.yaml';

/**
 * Reads `triton-local.yaml`; its keys are the flags' names without dashes in front (`http-port`, `no-watch` as
 * `watch: false`). An absent file is an empty one.
 * @throws CONFIG_FILE_INVALID with file and line for broken YAML and unknown keys.
 */
export async function readProjectFile(directory: string): Promise<ReadonlyMap<string, FileValue>> {
  const file = path.join(directory, PROJECT_FILE);
  const source = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw userError('CONFIG_FILE_INVALID', `cannot read ${PROJECT_FILE}`, {
      location: { file },
      cause: error,
    });
  });
  // The parser takes long to load, and most projects have no such file.
  if (source === undefined) return new Map();

  const { parseProjectFile } = await import('./parse-project-file.ts');
  return parseProjectFile(source, file);
}
