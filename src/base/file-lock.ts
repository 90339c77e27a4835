import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrno } from './errors.ts';

const POLL_MS = 25;
const HEARTBEAT_MS = 2_000;
/** A holder that gave no sign of life for so long is taken for dead. */
const STALE_MS = 30_000;

/**
 * Runs a task while this process holds the lock file; others, in other processes too, wait. A lock whose holder died
 * is taken over. `onWait` is called once when somebody else holds it.
 */
export async function withFileLock<T>(
  file: string,
  signal: AbortSignal,
  onWait: () => void,
  task: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  const mark = `${process.pid} ${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  for (let waited = false; !(await tryTake(file, mark)); waited = true) {
    if (!waited) onWait();
    if (await isStale(file)) await removeStale(file, mark);
    else await sleep(POLL_MS, undefined, { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    signal.throwIfAborted();
    return await task();
  } finally {
    clearInterval(heartbeat);
    if ((await readFile(file, 'utf8').catch(() => '')) === mark) await rm(file, { force: true });
  }
}

async function tryTake(file: string, mark: string): Promise<boolean> {
  try {
    await writeFile(file, mark, { flag: 'wx' });
    return true;
  } catch (error) {
    // Windows answers EPERM while a deleted file is still open somewhere.
    if (hasErrno(error, 'EEXIST', 'EPERM')) return false;
    throw error;
  }
}

async function isStale(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return false;
  if (Date.now() - found.mtimeMs > STALE_MS) return true;
  const pid = Number((await readFile(file, 'utf8').catch(() => '')).split(' ')[0]);
  return pid > 0 && !isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasErrno(error, 'EPERM');
  }
}

/** By renaming, so that of several that saw the same dead lock one removes it, and never a new one's. */
async function removeStale(file: string, mark: string): Promise<void> {
  const aside = `${file}.${mark.replace(' ', '-')}`;
  try {
    await rename(file, aside);
    if (await isStale(aside)) await rm(aside, { force: true });
    else await rename(aside, file);
  } catch {
    // Another one was faster.
  }
}
