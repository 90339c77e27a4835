import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';

const DAY_MS = 86_400_000;
/** Clients upload in minutes; what is unfinished for longer was given up. */
const UNFINISHED_MS = DAY_MS;
/** Registered content has names of its own: an upload only spares the next one of the same files. */
const UPLOAD_MS = 30 * DAY_MS;

/**
 * Removes what uploads have left behind: unfinished parts and blocks after a day, whole uploads a month after their
 * last change.
 */
export async function sweepUploads(directory: string, now = Date.now()): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const upload = path.join(directory, name);
    const entries = await readdir(upload).catch(() => []);
    let newest = await changedAt(upload);
    for (const entry of entries) {
      const changed = await changedAt(path.join(upload, entry));
      newest = Math.max(newest, changed);
      if (/\.(?:part|blocks)$/.test(entry) && now - changed > UNFINISHED_MS)
        await rm(path.join(upload, entry), { recursive: true, force: true, maxRetries: 3 });
    }
    if (now - newest > UPLOAD_MS) await rm(upload, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Milliseconds since 1970; now for what has just disappeared. */
async function changedAt(target: string): Promise<number> {
  return (await stat(target).catch(() => undefined))?.mtimeMs ?? Date.now();
}
