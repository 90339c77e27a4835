import { type BigIntStats, readdirSync, readFileSync, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

const SLICE_MS = 4;
const WRITE_ONLY = 1;
const READ_WRITE = 2;

/**
 * Whether another process has one of these files open for writing: a copy that pauses is not finished. Works on Linux,
 * for processes that we may inspect; elsewhere false. Takes about 10 ms, so it is called only when weights seem
 * complete.
 */
export async function isBeingWritten(
  files: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  if (platform !== 'linux') return false;
  const wanted = new Set(files.map(identityAt).filter((identity) => identity !== undefined));
  if (wanted.size === 0) return false;
  let sliceEnd = performance.now() + SLICE_MS;
  for (const pid of namesIn('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    for (const handle of namesIn(`/proc/${pid}/fd`)) {
      const identity = identityAt(`/proc/${pid}/fd/${handle}`);
      if (identity !== undefined && wanted.has(identity) && isForWriting(pid, handle)) return true;
    }
    if (performance.now() > sliceEnd) {
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  return false;
}

function isForWriting(pid: string, handle: string): boolean {
  try {
    const [, flags = '0'] =
      /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${handle}`, 'utf8')) ?? [];
    const mode = Number.parseInt(flags, 8) & 3;
    return mode === WRITE_ONLY || mode === READ_WRITE;
  } catch {
    return false; // closed in the meantime
  }
}

function identityAt(path: string): string | undefined {
  let stats: BigIntStats | undefined;
  try {
    stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  return stats?.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // ended in the meantime, or another user's
  }
}
