import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemError } from '../base/index.ts';

/**
 * Finds the folder of the harness's `.py` files: next to this file in the sources, and in the bundle's folder, whose
 * chunks may be one level deeper.
 * @throws HARNESS_MISSING if the installation lacks them.
 */
export function harnessDirectory(): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  for (const directory of [path.join(here, 'harness'), path.join(here, '..', 'harness')]) {
    if (existsSync(path.join(directory, 'worker.py'))) return directory;
  }
  throw systemError('HARNESS_MISSING', `the Python files of triton-local are missing next to ${here}`, {
    hint: 'reinstall triton-local',
  });
}
