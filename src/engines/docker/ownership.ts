import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { ownIdentity, type ProcessIdentity, parseIdentity, verdictOn } from '../../base/index.ts';
import { isGone } from './docker-error.ts';

const PREFIX = 'dev.triton-local';
export const OWNED = `${PREFIX}=1`;
/** The identity of the process that looks after the container, as JSON. */
const OWNER = `${PREFIX}.owner`;

/** What makes a container ours; found again by these labels alone, never by name or image. */
export async function ownershipLabels(project: string): Promise<Record<string, string>> {
  return {
    [PREFIX]: '1',
    [`${PREFIX}.instance`]: randomUUID(),
    [`${PREFIX}.project`]: project,
    [OWNER]: JSON.stringify(await ownIdentity()),
  };
}

/**
 * Removes our containers whose process is certainly gone. Containers of processes that cannot be judged from here
 * (other machines at the same daemon, other containers) stay, and so do everybody else's.
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
  const owner = parseOwner(labels[OWNER]);
  return owner !== undefined && (await verdictOn(owner)) === 'gone';
}

function parseOwner(label: string | undefined): ProcessIdentity | undefined {
  try {
    return parseIdentity(JSON.parse(label ?? ''));
  } catch {
    return undefined;
  }
}
