import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ownIdentity, type ProcessIdentity, retryWhileHeld, writeFileAtomic } from '../base/index.ts';
import type { Instance, InstanceClaim, InstanceRecord } from './instance.ts';
import { chooseSocketPath, type SocketPlace, socketPaths } from './socket-path.ts';
import { noteUse } from './usage.ts';

/** The owner of a folder, written before anything else: what a sweep needs to know. */
export interface OwnerRecord {
  readonly owner: ProcessIdentity;
  /** What no other emulator may be started for in the meantime; null if nothing is claimed. */
  readonly claim: InstanceClaim | null;
}

export const OWNER_FILE = 'owner.json';
export const INSTANCE_FILE = 'instance.json';
/** Folders that are being created or removed. */
export const UNFINISHED_PREFIX = '.';

const SHARED_MEMORY = '/dev/shm';

/** Creates the folder of this process's emulator. It appears complete, with its owner's record in it. */
export async function createInstance(
  instances: string,
  place: SocketPlace,
  claim: InstanceClaim | null,
): Promise<Instance> {
  const id = randomBytes(6).toString('hex');
  const directory = path.join(instances, id);
  const startedAt = new Date().toISOString();
  const unfinished = path.join(instances, `${UNFINISHED_PREFIX}${id}`);
  await mkdir(unfinished, { mode: 0o700 });
  const record: OwnerRecord = { owner: await ownIdentity(), claim };
  await writeFileAtomic(path.join(unfinished, OWNER_FILE), `${JSON.stringify(record)}\n`, 0o600);
  await retryWhileHeld(() => rename(unfinished, directory));
  const controlSocket = await chooseSocketPath(socketPaths(directory, id, place), place);

  let ended: Promise<void> | undefined;
  return {
    id,
    directory,
    controlSocket,
    sharedMemoryPrefix: sharedMemoryPrefix(id),
    uses: (file) => noteUse(path.dirname(instances), directory, file),
    async announce(announcement) {
      const name = claim?.name ?? null;
      const record: InstanceRecord = {
        id,
        name,
        pid: process.pid,
        startedAt,
        ...announcement,
        controlSocket,
      };
      await writeFileAtomic(path.join(directory, INSTANCE_FILE), `${JSON.stringify(record)}\n`, 0o600);
    },
    [Symbol.asyncDispose]() {
      ended ??= removeInstance(directory, place);
      return ended;
    },
  };
}

/** Removes the record first, so that no one finds an emulator with a half-removed folder. */
export async function removeInstance(directory: string, place: SocketPlace): Promise<void> {
  await rm(path.join(directory, INSTANCE_FILE), { force: true });
  const id = path.basename(directory);
  if (place.platform !== 'win32') {
    const sockets = socketPaths(directory, id, place);
    await Promise.all(sockets.map((socket) => rm(socket, { force: true })));
  }
  if (place.platform === 'linux') await removeSharedMemory(id);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Process IDs repeat between containers that share memory; instance IDs do not. */
function sharedMemoryPrefix(id: string): string {
  return `triton-local-${process.pid}-${id}-`;
}

/** What a killed process left there: a Triton and its guard, or an emulator with Python models. */
async function removeSharedMemory(id: string): Promise<void> {
  const names = await readdir(SHARED_MEMORY).catch(() => []);
  const left = names.filter((name) => name.startsWith('triton-local-') && name.includes(`-${id}-`));
  await Promise.all(left.map((name) => rm(path.join(SHARED_MEMORY, name), { recursive: true, force: true })));
}
