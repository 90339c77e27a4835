import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

interface Measured {
  readonly bytes: number;
  /** The latest modification of the item or of a file in it. */
  readonly usedAt: Date;
}

/** Size and age of a file or folder, without following links. Files that disappear in the meantime count as 0. */
export async function measure(target: string): Promise<Measured> {
  const found = await lstat(target).catch(() => undefined);
  if (!found) return { bytes: 0, usedAt: new Date(0) };
  if (!found.isDirectory()) return { bytes: bytesOnDisk(found), usedAt: found.mtime };
  let bytes = 0;
  let usedAt = found.mtime;
  for (const name of await readdir(target).catch(() => [])) {
    const inner = await measure(path.join(target, name));
    bytes += inner.bytes;
    if (inner.usedAt > usedAt) usedAt = inner.usedAt;
  }
  return { bytes, usedAt };
}

/** A file with several names, as package managers link into environments, is divided equally among them. */
function bytesOnDisk({ size, nlink }: Stats): number {
  return Math.round(size / Math.max(1, nlink));
}
