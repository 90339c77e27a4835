import { readFile } from 'node:fs/promises';
import { hasErrno } from '../base/index.ts';

/**
 * What tells a process from a later one with the same number: the moment it started, in the system's own count.
 * Undefined where the system does not tell (only Linux tells cheaply), or where there is no such process.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in brackets, may hold anything; the start time is the 20th field after it.
    const started = text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return started === undefined ? undefined : `${boot}/${started}`;
  } catch {
    return undefined;
  }
}

/** Whether a process has this number now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process: alive, though not ours to signal.
    return hasErrno(error, 'EPERM');
  }
}
