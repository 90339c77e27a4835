import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** A model folder with more entries always counts as changed. */
const MAX_ENTRIES = 10_000;

/**
 * Identifies the state of a model's folder: names, sizes and the later of modification and status-change time of every
 * entry, as Triton compares them. Undefined if it cannot be determined.
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
