import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasErrno } from './errors.ts';
import { ownIdentity, type ProcessIdentity, parseIdentity, verdictOn } from './process-identity.ts';

const POLL_MS = 25;
/** Checking a holder starts a program on some systems, so it is not done often. */
const JUDGE_EVERY_MS = 1_000;

/** The content of a lock file. */
interface LockRecord {
  /** Unique for each acquisition. */
  readonly token: string;
  readonly holder: ProcessIdentity;
}

/**
 * Runs a task while this process holds the lock file; other tasks, in other processes too, wait. A lock whose process
 * is gone is taken over; a lock whose holder sleeps, is stopped or cannot be seen from here is not, however long that
 * lasts. `onWait` is called once if another process holds the lock, with a description of it.
 */
export async function withFileLock<T>(
  file: string,
  signal: AbortSignal,
  onWait: (holder: string) => void,
  task: () => Promise<T>,
): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  const record: LockRecord = { token: randomUUID(), holder: await ownIdentity() };
  await take(file, record, signal, onWait);
  try {
    signal.throwIfAborted();
    return await task();
  } finally {
    if ((await readLock(file))?.token === record.token) await rm(file, { force: true });
  }
}

/** Whether a process holds the lock file, unless that process is certainly gone. */
export async function isFileLockHeld(file: string): Promise<boolean> {
  return (await readLock(file)) !== undefined && !(await isAbandoned(file));
}

/** The holder of a lock file, for messages. */
export async function describeLockHolder(file: string): Promise<string> {
  const holder = (await readLock(file))?.holder;
  return holder ? `process ${holder.pid} on ${holder.host}` : 'an unknown process';
}

async function take(
  file: string,
  record: LockRecord,
  signal: AbortSignal,
  onWait: (holder: string) => void,
): Promise<void> {
  let judged: string | undefined;
  let judgedAt = 0;
  for (let waited = false; !(await tryTake(file, record)); waited = true) {
    if (!waited) onWait(await describeLockHolder(file));
    const token = (await readLock(file))?.token;
    if (judged !== token || performance.now() - judgedAt > JUDGE_EVERY_MS) {
      judged = token;
      judgedAt = performance.now();
      if (await isAbandoned(file)) {
        await removeAbandoned(file, record);
        continue;
      }
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** The file appears complete, so that a crash never leaves a lock without a holder. */
async function tryTake(file: string, record: LockRecord): Promise<boolean> {
  const text = JSON.stringify(record);
  const own = `${file}.${record.token}`;
  try {
    await writeFile(own, text, { flag: 'wx', mode: 0o600 });
    await link(own, file);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    if (!hasErrno(error, 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK')) throw error;
  } finally {
    await rm(own, { force: true });
  }
  // The file system has no hard links.
  return writeFile(file, text, { flag: 'wx', mode: 0o600 }).then(
    () => true,
    (error: unknown) => {
      if (hasErrno(error, 'EEXIST')) return false;
      throw error;
    },
  );
}

/**
 * Whether a lock file cannot be created because it exists. Windows reports EPERM for a file that is deleted but still
 * open.
 */
export function isTaken(error: unknown, platform: NodeJS.Platform = process.platform): boolean {
  return hasErrno(error, 'EEXIST') || (platform === 'win32' && hasErrno(error, 'EPERM'));
}

async function readLock(file: string): Promise<LockRecord | undefined> {
  try {
    const { token, holder } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    const identity = parseIdentity(holder);
    return typeof token === 'string' && identity ? { token, holder: identity } : undefined;
  } catch {
    return undefined;
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  const record = await readLock(file);
  return record !== undefined && (await verdictOn(record.holder)) === 'gone';
}

/** Takes a lock of its own, so that of several processes that saw the same abandoned lock none removes a new one. */
async function removeAbandoned(file: string, record: LockRecord): Promise<void> {
  const guard = `${file}.takeover`;
  if (!(await tryTake(guard, record))) {
    // Its holder ended at the same moment.
    if (await isAbandoned(guard)) await rm(guard, { force: true });
    return;
  }
  try {
    if (await isAbandoned(file)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}
