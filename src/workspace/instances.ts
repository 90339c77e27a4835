import { open, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { hasErrno } from '../base/index.ts';
import type { InstanceRecord } from './instance.ts';
import { INSTANCE_FILE, OWNER_FILE, removeInstance, UNFINISHED_PREFIX } from './instance-folder.ts';
import { isAlive, processIdentity } from './process-identity.ts';
import type { SocketPlace } from './socket-path.ts';

/** Records are small; a file beyond this is not one of ours. */
const MAX_RECORD_BYTES = 64 * 1024;
const ANSWER_LIMIT_MS = 1_000;

/** The announced emulators whose processes live, the oldest first. */
export async function listInstances(instances: string): Promise<readonly InstanceRecord[]> {
  const records: InstanceRecord[] = [];
  for (const id of await folderNames(instances)) {
    if (id.startsWith(UNFINISHED_PREFIX)) continue;
    const directory = path.join(instances, id);
    const record = toInstanceRecord(await readJson(path.join(directory, INSTANCE_FILE)));
    if (record?.id !== id) continue;
    const owner = await ownerOf(directory);
    if (owner === 'lives' || (owner === 'may-live' && (await answers(record.controlSocket))))
      records.push(record);
  }
  return records.sort((one, other) => one.startedAt.localeCompare(other.startedAt));
}

/** Removes the folders and sockets of processes that are gone. */
export async function sweepInstances(instances: string, place: SocketPlace): Promise<void> {
  for (const id of await folderNames(instances)) {
    const directory = path.join(instances, id);
    if (id.startsWith(UNFINISHED_PREFIX)) {
      const pid = Number.parseInt(id.slice(UNFINISHED_PREFIX.length), 10);
      if (!isAlive(pid)) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    } else if ((await ownerOf(directory)) === 'gone') {
      await removeInstance(directory, place);
    }
  }
}

/**
 * A number that was given to another process since is told by the start time. Where the system does not tell that,
 * a process of this number may be another one; its folder is kept then, rather than taken from under an emulator.
 */
async function ownerOf(directory: string): Promise<'lives' | 'may-live' | 'gone'> {
  const owner = await readJson(path.join(directory, OWNER_FILE));
  if (!isObject(owner) || typeof owner.pid !== 'number' || !isAlive(owner.pid)) return 'gone';
  if (typeof owner.identity !== 'string') return owner.pid === process.pid ? 'lives' : 'may-live';
  return (await processIdentity(owner.pid)) === owner.identity ? 'lives' : 'gone';
}

/** Whether somebody listens at a control socket. */
function answers(controlSocket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(controlSocket);
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(ANSWER_LIMIT_MS, () => end(false));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

async function folderNames(instances: string): Promise<string[]> {
  const entries = await readdir(instances, { withFileTypes: true }).catch((error: unknown) => {
    if (hasErrno(error, 'ENOENT')) return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The value in a small JSON file; undefined where there is none, or it is damaged. */
async function readJson(file: string): Promise<unknown> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { size } = await handle.stat();
    return size > MAX_RECORD_BYTES ? undefined : JSON.parse(await handle.readFile('utf8'));
  } catch {
    return undefined;
  } finally {
    await handle.close();
  }
}

function toInstanceRecord(value: unknown): InstanceRecord | undefined {
  if (!isObject(value)) return undefined;
  const { id, pid, startedAt, projectDir, scoringUri, httpUrl, controlSocket, eventLog } = value;
  return typeof id === 'string' &&
    typeof pid === 'number' &&
    typeof startedAt === 'string' &&
    typeof projectDir === 'string' &&
    typeof scoringUri === 'string' &&
    typeof httpUrl === 'string' &&
    typeof controlSocket === 'string' &&
    (typeof eventLog === 'string' || eventLog === null)
    ? { id, pid, startedAt, projectDir, scoringUri, httpUrl, controlSocket, eventLog }
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
