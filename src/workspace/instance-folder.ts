import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomic } from '../base/index.ts';
import type { Instance, InstanceRecord } from './instance.ts';
import { processIdentity } from './process-identity.ts';
import { chooseSocketPath, type SocketPlace, socketPaths } from './socket-path.ts';

/** Whose a folder is, written before anything else: what a sweep needs to know. */
export interface OwnerRecord {
  readonly pid: number;
  /** From `processIdentity`; null where the system does not tell. */
  readonly identity: string | null;
}

export const OWNER_FILE = 'owner.json';
export const INSTANCE_FILE = 'instance.json';
/** Folders that are being made or removed; they carry the process number in their names. */
export const UNFINISHED_PREFIX = '.';

/**
 * Makes the folder of an emulator that is this process. It appears whole, with its owner's record in it, so that no
 * sweep can take it for one that was left behind.
 */
export async function createInstance(instances: string, place: SocketPlace): Promise<Instance> {
  const id = randomBytes(6).toString('hex');
  const directory = path.join(instances, id);
  const startedAt = new Date().toISOString();
  const unfinished = path.join(instances, `${UNFINISHED_PREFIX}${process.pid}-${id}`);
  await mkdir(unfinished, { mode: 0o700 });
  const owner: OwnerRecord = { pid: process.pid, identity: (await processIdentity(process.pid)) ?? null };
  await writeFileAtomic(path.join(unfinished, OWNER_FILE), `${JSON.stringify(owner)}\n`, 0o600);
  await rename(unfinished, directory);
  const controlSocket = await chooseSocketPath(socketPaths(directory, id, place), place);

  let ended: Promise<void> | undefined;
  return {
    id,
    directory,
    controlSocket,
    async announce(announcement) {
      const record: InstanceRecord = { id, pid: process.pid, startedAt, ...announcement, controlSocket };
      await writeFileAtomic(path.join(directory, INSTANCE_FILE), `${JSON.stringify(record)}\n`, 0o600);
    },
    [Symbol.asyncDispose]() {
      ended ??= removeInstance(directory, place);
      return ended;
    },
  };
}

/** Removes the record first, so that nobody finds an emulator whose folder is half gone. */
export async function removeInstance(directory: string, place: SocketPlace): Promise<void> {
  await rm(path.join(directory, INSTANCE_FILE), { force: true });
  if (place.platform !== 'win32') {
    const sockets = socketPaths(directory, path.basename(directory), place);
    await Promise.all(sockets.map((socket) => rm(socket, { force: true })));
  }
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
