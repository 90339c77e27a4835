import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** A model folder of more entries than this is always taken as changed. */
const MAX_ENTRIES = 10_000;

/**
 * Tells a model's folder from what it was: names, sizes and the later of modification and status-change time of
 * every entry, as Triton compares them. Undefined where that cannot be said.
 */
export async function directoryStamp(directory: string): Promise<string | undefined> {
  try {
    const names = ['.', ...(await readdir(directory, { recursive: true })).sort()];
    if (names.length > MAX_ENTRIES) return undefined;
    const entries = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs, ctimeMs } = await stat(path.join(directory, name));
        return `${name}|${size}|${Math.max(mtimeMs, ctimeMs)}`;
      }),
    );
    return entries.join('\n');
  } catch {
    return undefined;
  }
}
