import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno, userError } from '../base/index.ts';
import type { FileValue } from './parse-project-file.ts';

export const PROJECT_FILE = 'triton-local.yaml';

/**
 * Reads `triton-local.yaml`, whose keys are the flags' names without the leading dashes (`http-port`; `no-watch` is
 * `watch: false`). A missing file counts as empty.
 * @throws CONFIG_FILE_INVALID with file and line for invalid YAML and unknown keys.
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
  // The parser is slow to load, and most projects have no such file.
  if (source === undefined) return new Map();

  const { parseProjectFile } = await import('./parse-project-file.ts');
  return parseProjectFile(source, file);
}
