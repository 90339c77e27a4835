import { messageOf } from '../../base/index.ts';
import { currentEnvironment, homeDirectory } from '../../config/index.ts';
import { listSlimImages } from '../../emulator/index.ts';
import { formatTable } from '../../ui/index.ts';
import { listPrunable, type PrunableItem, removePrunable } from '../../workspace/index.ts';
import { formatAge, formatBytes } from '../byte-text.ts';
import { EXIT } from '../exit-codes.ts';
import { print, printError } from '../print.ts';

type Outcome = 'removed' | 'would be removed' | 'in use' | 'elsewhere' | 'kept' | 'failed';

/** An item of the state folder, or an image, whose `path` is its reference. */
interface Candidate extends Omit<PrunableItem, 'kind'> {
  readonly kind: PrunableItem['kind'] | 'image';
  remove(): Promise<void>;
}

interface PrunedItem extends Candidate {
  readonly outcome: Outcome;
}

export interface PruneFlags {
  /** In milliseconds. */
  readonly olderThan: number;
  readonly data: boolean;
  readonly elsewhere: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `triton-local prune`: removes what nothing uses; ends with 1 if something could not be removed. */
export async function prune(flags: PruneFlags): Promise<number> {
  const { olderThan, data, elsewhere, dryRun } = flags;
  const done: PrunedItem[] = [];
  for (const item of await listCandidates()) {
    const isOld = Date.now() - item.usedAt.getTime() >= olderThan;
    const isAsked = isOld && (item.kind !== 'data' || data);
    const held = heldBy(item, elsewhere);
    const outcome = held ?? (!isAsked ? 'kept' : dryRun ? 'would be removed' : await remove(item));
    done.push({ ...item, outcome });
  }
  if (flags.json) print(`${JSON.stringify(report(done, dryRun), null, 2)}\n`);
  else print(text(done, dryRun));
  return done.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok;
}

/** Everything that could be removed, largest first. */
async function listCandidates(): Promise<readonly Candidate[]> {
  const environment = currentEnvironment();
  const [items, images] = await Promise.all([
    listPrunable(homeDirectory()),
    listSlimImages(environment, environment.TRITON_LOCAL_DOCKER_HOST),
  ]);
  const candidates: Candidate[] = [
    ...items.map((item) => ({ ...item, remove: () => removePrunable(item) })),
    ...images.map(({ reference, createdAt, ...image }) => ({
      ...image,
      kind: 'image' as const,
      path: reference,
      usedAt: createdAt,
      elsewhere: false,
    })),
  ];
  return candidates.sort((one, other) => other.bytes - one.bytes);
}

function heldBy({ inUse, elsewhere }: Candidate, includesElsewhere: boolean): Outcome | undefined {
  if (elsewhere) return includesElsewhere ? undefined : 'elsewhere';
  return inUse ? 'in use' : undefined;
}

async function remove(item: Candidate): Promise<Outcome> {
  try {
    await item.remove();
    return 'removed';
  } catch (error) {
    printError(`${item.path} could not be removed: ${messageOf(error)}\n`);
    return 'failed';
  }
}

function report(items: readonly PrunedItem[], dryRun: boolean) {
  return { dryRun, freedBytes: freed(items), items };
}

function text(items: readonly PrunedItem[], dryRun: boolean): string {
  const home = homeDirectory();
  if (items.length === 0) return `nothing to remove in ${home}\n`;
  const rows = items.map(({ outcome, kind, bytes, usedAt, path }) => [
    outcome,
    kind,
    formatBytes(bytes),
    formatAge(Date.now() - usedAt.getTime()),
    path,
  ]);
  const table = formatTable([['OUTCOME', 'KIND', 'SIZE', 'LAST USED', 'PATH'], ...rows]);
  const data = items.some(({ outcome, kind }) => outcome === 'kept' && kind === 'data')
    ? '\nCollected data is kept unless --data is given.'
    : '';
  const elsewhere = items.some(({ outcome }) => outcome === 'elsewhere')
    ? '\nEmulators of other hosts and containers cannot be seen from here: their folders are kept unless --elsewhere is given.'
    : '';
  return `${table}\n\n${dryRun ? 'would free' : 'freed'} ${formatBytes(freed(items))}${data}${elsewhere}\n`;
}

function freed(items: readonly PrunedItem[]): number {
  return items
    .filter(({ outcome }) => outcome === 'removed' || outcome === 'would be removed')
    .reduce((sum, { bytes }) => sum + bytes, 0);
}
