import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasErrno } from '../base/index.ts';

/** A file of data that a project's script collected. */
export interface CollectedFile {
  /** Path in the project's data folder, with slashes; the data has the same path in the cloud's storage. */
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: Date;
}

/** The folder where a project's script collects data; it is created with the first row. */
export function dataDirectory(home: string, projectDir: string): string {
  const hash = createHash('sha256').update(projectDir).digest('hex').slice(0, 8);
  return path.join(home, 'data', `${path.basename(projectDir)}-${hash}`);
}

/** The collected files, newest first. */
export async function listCollected(directory: string): Promise<readonly CollectedFile[]> {
  const files: CollectedFile[] = [];
  for (const entry of await entriesOf(directory)) {
    // A temporary file: one is being written.
    if (!entry.isFile() || entry.name.endsWith('.tmp')) continue;
    const file = path.join(entry.parentPath, entry.name);
    const { size, mtime } = await stat(file);
    const relative = path.relative(directory, file).split(path.sep).join('/');
    files.push({ path: relative, bytes: size, changedAt: mtime });
  }
  return files.sort((one, other) => Number(other.changedAt) - Number(one.changedAt));
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
