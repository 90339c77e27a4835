import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Writes a file so that readers see the old content or the new, never a part. */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${Date.now().toString(36)}.tmp`;
  try {
    await writeFile(temporary, content, { mode });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The SHA-256 of a file's bytes, hexadecimal; read as a stream, so any size will do. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What is at this path, links followed; `undefined` where there is nothing. */
export async function entryKind(target: string): Promise<'file' | 'directory' | undefined> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) return 'directory';
  return found?.isFile() ? 'file' : undefined;
}

/** Whether `target` is `directory` itself or lies below it. Both are taken as written, links not followed. */
export function isInside(directory: string, target: string): boolean {
  const relative = path.relative(directory, target);
  return (
    relative === '' ||
    (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative))
  );
}
