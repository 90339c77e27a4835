import { mkdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  describeLockHolder,
  messageOf,
  shellWord,
  systemError,
  userError,
  withFileLock,
} from '../base/index.ts';
import type { Instance, InstanceClaim, InstanceRecord } from './instance.ts';
import { createInstance } from './instance-folder.ts';
import { claimHolder, listInstances, sweepInstances } from './instances.ts';
import { keysFile, type ServiceKeys, serviceKeys } from './keys.ts';
import type { SocketPlace } from './socket-path.ts';

/** The state folder of one user. Several processes may use it at once. */
export interface Workspace {
  readonly home: string;
  /** The keys of a service, generated once and stored. @throws KEYS_UNREADABLE */
  keys(service: string): Promise<ServiceKeys>;
  /**
   * A folder for this process's emulator.
   * @throws ALREADY_RUNNING if another running emulator has the same claim.
   */
  createInstance(claim?: InstanceClaim): Promise<Instance>;
  /** @throws ALREADY_RUNNING if a running emulator has this claim */
  requireUnclaimed(claim: InstanceClaim): Promise<void>;
  /** The running emulators that have announced themselves, oldest first. */
  list(): Promise<readonly InstanceRecord[]>;
  /** Removes what killed emulators left behind. Safe to call while others start, run or end. */
  sweep(): Promise<void>;
}

/**
 * Opens the state folder, creating it if needed, accessible to its owner only.
 * @throws WORKSPACE_UNUSABLE if it cannot be created or is a file.
 */
export async function openWorkspace(home: string): Promise<Workspace> {
  const root = path.resolve(home);
  const instances = path.join(root, 'instances');
  try {
    await mkdir(instances, { recursive: true, mode: 0o700 });
    if (!(await stat(instances)).isDirectory()) throw new Error('it is not a folder');
  } catch (cause) {
    throw systemError('WORKSPACE_UNUSABLE', `the state folder ${root} cannot be used: ${messageOf(cause)}`, {
      hint: 'set TRITON_LOCAL_HOME to a folder that you may write to',
      cause,
    });
  }
  const place: SocketPlace = {
    platform: process.platform,
    temporaryDirectory: os.tmpdir(),
    user: process.getuid?.(),
  };
  return {
    home: root,
    keys: (service) => serviceKeys(keysFile(root, service)),
    createInstance: (claim) =>
      claim ? createClaimed(instances, place, claim) : createInstance(instances, place, null),
    requireUnclaimed: async (claim) => {
      await requireUnclaimed(instances, claim);
    },
    list: () => listInstances(instances),
    sweep: () => sweepInstances(instances, place),
  };
}

const CLAIM_LIMIT_MS = 30_000;

/** Of several emulators that start at once, the first gets the claim. */
async function createClaimed(instances: string, place: SocketPlace, claim: InstanceClaim): Promise<Instance> {
  const lock = path.join(instances, 'claims.lock');
  const signal = AbortSignal.timeout(CLAIM_LIMIT_MS);
  const create = async () => {
    await requireUnclaimed(instances, claim);
    return createInstance(instances, place, claim);
  };
  try {
    return await withFileLock(lock, signal, () => undefined, create);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw systemError('WORKSPACE_BUSY', `${await describeLockHolder(lock)} keeps ${lock}`, {
      hint: 'wait for it, or end it; if it no longer exists, remove the file',
      cause: error,
    });
  }
}

async function requireUnclaimed(instances: string, claim: InstanceClaim): Promise<void> {
  const holder = await claimHolder(instances, claim);
  if (holder === undefined) return;
  const { projectDir, name } = claim;
  const named = name === null ? '' : ` --id ${name}`;
  const target = `${shellWord(projectDir)}${named}`;
  const another = 'or start another beside it with --id NAME and ports of its own';
  throw userError(
    'ALREADY_RUNNING',
    `an emulator already ${holder === 'running' ? 'runs' : 'starts'} for ${projectDir}${named}`,
    {
      hint:
        holder === 'running'
          ? `see it with: triton-local attach ${target}; stop it with: triton-local down ${target}; ${another}`
          : `wait for it with: triton-local wait ${target}; ${another}`,
    },
  );
}
