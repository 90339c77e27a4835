import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { hasErrno, type ProcessVerdict, parseIdentity, verdictOn } from '../base/index.ts';
import { INSTANCE_KINDS, type InstanceClaim, type InstanceRecord } from './instance.ts';
import { INSTANCE_FILE, OWNER_FILE, removeInstance, UNFINISHED_PREFIX } from './instance-folder.ts';
import { isObject, readRecord } from './record-file.ts';
import type { SocketPlace } from './socket-path.ts';

const ANSWER_LIMIT_MS = 1_000;
/** The owner's record follows the creation of a folder within milliseconds. */
const OWNERLESS_LIMIT_MS = 3_600_000;

/** An instance folder, and whether its emulator is running. */
export interface InstanceFolder {
  readonly directory: string;
  readonly owner: ProcessVerdict;
}

/** The announced emulators whose processes are alive, oldest first. */
export async function listInstances(instances: string): Promise<readonly InstanceRecord[]> {
  const records: InstanceRecord[] = [];
  for (const { directory, owner } of await judgeInstances(instances)) {
    const record = toInstanceRecord(await readRecord(path.join(directory, INSTANCE_FILE)));
    if (record?.id !== path.basename(directory)) continue;
    if (owner === 'lives' || (owner === 'unknown' && (await answers(record.controlSocket))))
      records.push(record);
  }
  return records.sort((one, other) => one.startedAt.localeCompare(other.startedAt));
}

/** Whether an emulator with this claim is running or starting. */
export async function claimHolder(
  instances: string,
  claim: InstanceClaim,
): Promise<'running' | 'starting' | undefined> {
  for (const { directory, owner } of await judgeInstances(instances)) {
    if (owner === 'gone') continue;
    const record = await readRecord(path.join(directory, OWNER_FILE));
    const held = isObject(record) && isObject(record.claim) ? record.claim : undefined;
    if (held?.projectDir !== claim.projectDir || held.name !== claim.name) continue;
    const announced = toInstanceRecord(await readRecord(path.join(directory, INSTANCE_FILE)));
    if (owner === 'lives') return announced ? 'running' : 'starting';
    if (announced && (await answers(announced.controlSocket))) return 'running';
  }
  return undefined;
}

/** Removes the folders, sockets and shared memory of processes that are certainly gone. */
export async function sweepInstances(instances: string, place: SocketPlace): Promise<void> {
  for (const { directory, owner } of await judgeInstances(instances))
    if (owner === 'gone') await removeInstance(directory, place);
}

/** Every instance folder with the verdict on its process. */
export async function judgeInstances(instances: string): Promise<readonly InstanceFolder[]> {
  const folders: InstanceFolder[] = [];
  for (const id of await folderNames(instances)) {
    const directory = path.join(instances, id);
    folders.push({ directory, owner: await ownerOf(directory) });
  }
  return folders;
}

async function ownerOf(directory: string): Promise<ProcessVerdict> {
  const record = await readRecord(path.join(directory, OWNER_FILE));
  if (record !== undefined) {
    const identity = isObject(record) ? parseIdentity(record.owner) : undefined;
    return identity ? verdictOn(identity) : 'unknown';
  }
  // A complete folder has a record until it is removed; a new one gets its record at once.
  if (!path.basename(directory).startsWith(UNFINISHED_PREFIX)) return 'gone';
  const found = await stat(directory).catch(() => undefined);
  return found && Date.now() - found.mtimeMs > OWNERLESS_LIMIT_MS ? 'gone' : 'unknown';
}

/** Whether a process listens at a control socket. */
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

/** The record of an announced emulator; undefined if it is damaged. */
export function toInstanceRecord(value: unknown): InstanceRecord | undefined {
  if (!isObject(value)) return undefined;
  const { id, name, pid, startedAt, projectDir, scoringUri, httpUrl, controlSocket, eventLog } = value;
  const { grpcAddress, metricsUrl } = value;
  // Emulators of earlier versions announce no kind.
  const kind = INSTANCE_KINDS.find((it) => it === value.kind) ?? 'emulator';
  return typeof id === 'string' &&
    (typeof name === 'string' || name === null) &&
    typeof pid === 'number' &&
    typeof startedAt === 'string' &&
    typeof projectDir === 'string' &&
    typeof scoringUri === 'string' &&
    typeof httpUrl === 'string' &&
    typeof controlSocket === 'string' &&
    (typeof eventLog === 'string' || eventLog === null)
    ? {
        id,
        name,
        kind,
        pid,
        startedAt,
        projectDir,
        scoringUri,
        httpUrl,
        ...(typeof grpcAddress === 'string' && { grpcAddress }),
        ...(typeof metricsUrl === 'string' && { metricsUrl }),
        controlSocket,
        eventLog,
      }
    : undefined;
}
