import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { hasErrno } from './errors.ts';
import { isHeld, retryWhileHeld } from './held-files.ts';

/**
 * Writes a file so that readers, and a machine that lost power, see either the old content or the new, never a part:
 * when this resolves, content and name are on disk.
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { mode, flag: 'wx', flush: true });
    await renameDurably(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Creates a file unless it exists; it appears complete. Of several processes, the first wins.
 * @returns whether this call created it.
 */
export async function writeFileOnce(file: string, content: string, mode = 0o644): Promise<boolean> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, content, { mode, flag: 'wx' });
    // Creating a hard link fails if the name is taken. Some file systems have no links.
    await link(temporary, file).catch((error: unknown) => {
      if (!hasErrno(error, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      return writeFile(file, content, { mode, flag: 'wx' });
    });
    return true;
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Renames a file or folder whose content is on disk, so that the new name is on disk too. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await retryWhileHeld(() => rename(from, to));
  await syncFolder(path.dirname(to));
}

/** Flushes the names in a folder to disk. Windows journals them and cannot open folders. */
export async function syncFolder(
  folder: string,
  platform: NodeJS.Platform = process.platform,
): Promise<void> {
  if (platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot do this for folders.
    if (!hasErrno(error, 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
  } finally {
    await handle.close();
  }
}

/**
 * Flushes the content of a file to disk. Windows flushes only writable files, so read-only ones are left to the system
 * there.
 */
export async function syncFile(file: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  const handle = await open(file, platform === 'win32' ? 'r+' : 'r').catch((error: unknown) => {
    if (isHeld(error, platform)) return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

/** The SHA-256 of a file's bytes in hexadecimal; the file is streamed, so it may have any size. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What is at this path, following links; `undefined` if nothing is. */
export async function entryKind(target: string): Promise<'file' | 'directory' | undefined> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) return 'directory';
  return found?.isFile() ? 'file' : undefined;
}

/**
 * Whether `target` is `directory` itself or inside it. Both are compared as written, without following links; case
 * matters except on Windows.
 */
export function isInside(directory: string, target: string, { relative, sep, isAbsolute } = path): boolean {
  const between = relative(directory, target);
  return between === '' || (between !== '..' && !between.startsWith(`..${sep}`) && !isAbsolute(between));
}
