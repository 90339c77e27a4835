import { messageOf, userError } from '../../base/index.ts';
import { homeDirectory } from '../../config/index.ts';
import { formatTable, print, printError } from '../../ui/index.ts';
import { listPrunable, type PrunableItem, removePrunable } from '../../workspace/index.ts';
import { formatAge, formatBytes } from '../byte-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';

type Outcome = 'removed' | 'would be removed' | 'in use' | 'elsewhere' | 'kept' | 'failed';

interface PrunedItem extends PrunableItem {
  readonly outcome: Outcome;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `triton-local prune`: removes what nothing uses; 1 where something could not be removed. */
export async function prune(flags: Flags): Promise<number> {
  const olderThanMs = ageOf(flags.olderThan);
  const dryRun = flags.dryRun === true;
  const done: PrunedItem[] = [];
  for (const item of await listPrunable(homeDirectory())) {
    const isOld = Date.now() - item.usedAt.getTime() >= olderThanMs;
    const isAsked = isOld && (item.kind !== 'data' || flags.data === true);
    const held = heldBy(item, flags.elsewhere === true);
    const outcome = held ?? (!isAsked ? 'kept' : dryRun ? 'would be removed' : await remove(item));
    done.push({ ...item, outcome });
  }
  if (flags.json) print(`${JSON.stringify(report(done, dryRun), null, 2)}\n`);
  else print(text(done, dryRun));
  return done.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : EXIT.ok;
}

function heldBy({ inUse, elsewhere }: PrunableItem, includesElsewhere: boolean): Outcome | undefined {
  if (elsewhere) return includesElsewhere ? undefined : 'elsewhere';
  return inUse ? 'in use' : undefined;
}

async function remove(item: PrunableItem): Promise<Outcome> {
  try {
    await removePrunable(item);
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

function ageOf(given: unknown): number {
  if (given === undefined) return 0;
  const [, count, unit = ''] = (typeof given === 'string' && /^(\d{1,5})([mhdw])$/.exec(given)) || [];
  if (count === undefined)
    throw userError('CONFIG_INVALID', `--older-than takes an age such as 30d, 12h or 90m, not "${given}"`);
  return Number(count) * (UNIT_MS[unit] ?? 0);
}
