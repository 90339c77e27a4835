import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { isFileLockHeld } from '../base/index.ts';
import { measure } from './disk-usage.ts';
import { INSTANCE_FILE, removeInstance } from './instance-folder.ts';
import { type InstanceFolder, judgeInstances, toInstanceRecord } from './instances.ts';
import { readRecord } from './record-file.ts';
import { readUses } from './usage.ts';

/** The kind of an item in the state folder. `data` was collected by scripts and cannot be recreated. */
export type PrunableKind = 'environment' | 'runtime' | 'log' | 'upload' | 'instance' | 'data';

export interface PrunableItem {
  readonly kind: PrunableKind;
  readonly path: string;
  readonly bytes: number;
  /** When it was last used or changed. */
  readonly usedAt: Date;
  /** Whether a process uses it that is running, or may be running where it cannot be seen from here. */
  readonly inUse: boolean;
  /** Whether its process is on another host or in another container, where it may have ended long ago. */
  readonly elsewhere: boolean;
}

const PLACES: readonly (readonly [kind: PrunableKind, folder: string])[] = [
  ['environment', 'environments'],
  ['runtime', 'runtime'],
  ['log', 'logs'],
  ['data', 'data'],
  // What is registered has a copy of its own: an upload only spares the next one of the same files.
  ['upload', path.join('azure', 'blobs')],
];

/** How recently an upload was changed that may still be in progress. */
const UPLOADING_MS = 600_000;

/** Everything that accumulates in the state folder, largest first, except registered models and services. */
export async function listPrunable(home: string): Promise<readonly PrunableItem[]> {
  const instances = await judgeInstances(path.join(home, 'instances'));
  const used = await usedItems(instances.filter(({ owner }) => owner !== 'gone'));
  const items: PrunableItem[] = [];
  for (const [kind, folder] of PLACES) {
    for (const name of await readdir(path.join(home, folder)).catch(() => [])) {
      const target = path.join(home, folder, name);
      if (/\.(?:lock|takeover)$/.test(name) || name === 'native.json') continue;
      const measured = await measure(target);
      const isUploading = kind === 'upload' && Date.now() - measured.usedAt.getTime() < UPLOADING_MS;
      const inUse = isUploading || isAmong(used, target) || (await isFileLockHeld(`${target}.lock`));
      items.push({ kind, path: target, ...measured, inUse, elsewhere: false });
    }
  }
  for (const { directory, owner } of instances) {
    const use = { inUse: owner !== 'gone', elsewhere: owner === 'unknown' };
    items.push({ kind: 'instance', path: directory, ...(await measure(directory)), ...use });
  }
  return items.sort((one, other) => other.bytes - one.bytes);
}

/** Removes an item. Its name disappears at once, so that a half-removed item is never taken for a complete one. */
export async function removePrunable({ kind, path: target }: PrunableItem): Promise<void> {
  if (kind === 'instance') {
    const place = { platform: process.platform, temporaryDirectory: os.tmpdir(), user: process.getuid?.() };
    await removeInstance(target, place);
    return;
  }
  const aside = `${target}.${randomUUID()}.tmp`;
  await rename(target, aside);
  await rm(aside, { recursive: true, force: true, maxRetries: 3 });
}

async function usedItems(instances: readonly InstanceFolder[]): Promise<readonly string[]> {
  const used: string[] = [];
  for (const { directory } of instances) {
    used.push(...(await readUses(directory)));
    const record = toInstanceRecord(await readRecord(path.join(directory, INSTANCE_FILE)));
    if (record?.eventLog) used.push(record.eventLog);
  }
  return used;
}

/** A log has related files beside it, such as the part before it: `NAME.jsonl.1`. */
function isAmong(used: readonly string[], target: string): boolean {
  return used.some((item) => item === target || (item.endsWith('.jsonl') && target.startsWith(`${item}.`)));
}
