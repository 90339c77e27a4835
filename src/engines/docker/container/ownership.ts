import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { promisify } from 'node:util';
import type Docker from 'dockerode';
import { isGone } from '../daemon/docker-error.ts';

const PREFIX = 'dev.triton-local';
export const OWNED = `${PREFIX}=1`;

/** What makes a container ours; found again by these labels alone, never by name or image (ux.md section 5.5). */
export async function ownershipLabels(project: string): Promise<Record<string, string>> {
  return {
    [PREFIX]: '1',
    [`${PREFIX}.instance`]: randomUUID(),
    [`${PREFIX}.project`]: project,
    [`${PREFIX}.host`]: os.hostname(),
    [`${PREFIX}.pid`]: String(process.pid),
    [`${PREFIX}.pid-started`]: (await processStart(process.pid)) ?? '',
  };
}

/**
 * Removes the containers of our own that nobody looks after any more: their process on this machine has ended, or
 * its id belongs to another one by now. Those of other machines at the same daemon, and all others, are let be.
 * @returns the ids that were removed.
 */
export async function sweepOrphans(docker: Docker): Promise<readonly string[]> {
  const ours = await docker.listContainers({ all: true, filters: { label: [OWNED] } });
  const removed: string[] = [];
  for (const { Id, Labels } of ours) {
    if (!(await isOrphan(Labels))) continue;
    try {
      await docker.getContainer(Id).remove({ force: true, v: true });
      removed.push(Id);
    } catch (error) {
      // Another start may sweep at the same time.
      if (!isGone(error)) throw error;
    }
  }
  return removed;
}

async function isOrphan(labels: Readonly<Record<string, string>>): Promise<boolean> {
  if (labels[`${PREFIX}.host`] !== os.hostname()) return false;
  const pid = Number(labels[`${PREFIX}.pid`]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (!isAlive(pid)) return true;
  const recorded = labels[`${PREFIX}.pid-started`];
  const actual = await processStart(pid);
  return Boolean(recorded) && actual !== undefined && actual !== recorded;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** When a process began, in whatever form the system tells it; the same process always gives the same text. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      // The command, in parentheses, may hold anything; the start time is the 20th field after it.
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
      return `${boot.trim().slice(0, 8)}-${ticks}`;
    }
    if (process.platform === 'win32') return undefined;
    const ps = promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
      timeout: 2_000,
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    });
    return (await ps).stdout.trim();
  } catch {
    return undefined;
  }
}
