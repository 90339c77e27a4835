import type { EventOf, ReloadAction } from './event.ts';
import type { EmulatorState, ReloadFailure } from './state.ts';

/** More targets than this cannot be broken at once as far as a screen is concerned; the oldest are forgotten. */
const MOST_FAILURES = 100;
/** The key of the script among the targets of failures. */
export const SCRIPT = 'script';

/** The failures that stand after a reload that failed, the newest last. */
export function withFailed(state: EmulatorState, event: EventOf<'reload.failed'>): readonly ReloadFailure[] {
  const standing = withoutSettled(state.failures, event.actions, event.actions.length === 0);
  return [...standing, ...failuresOf(event, state)].slice(-MOST_FAILURES);
}

/** One for each action that failed; one for all of them where the error names no target. */
function failuresOf(
  { time, error, actions }: EventOf<'reload.failed'>,
  state: EmulatorState,
): ReloadFailure[] {
  const { others = [], ...first } = error;
  return [first, ...others].map((fault) => {
    const named = actions.filter(({ target }) => target === fault.target);
    const failed = named.length > 0 ? named : actions;
    return { time, targets: failed.map(keyOf), error: fault, olderServes: olderServes(state, failed) };
  });
}

/**
 * The failures that a reload leaves standing. It settles only what it touched: with a broken script, a model that loads
 * leaves the script as broken as it was. One without actions found nothing amiss at all, or could not read the project.
 */
export function withoutSettled(
  failures: readonly ReloadFailure[],
  actions: readonly ReloadAction[],
  couldNotRead = false,
): readonly ReloadFailure[] {
  if (actions.length === 0) return couldNotRead ? failures.filter((it) => it.targets.length > 0) : [];
  const touched = actions.map(keyOf);
  return failures.filter((it) => it.targets.length > 0 && !overlap(it.targets, touched));
}

/**
 * Whether what a failed reload was to replace still serves. A script that never came up counts as well: the answers of
 * its service tell of an older content than the newest one.
 */
function olderServes({ models }: EmulatorState, actions: readonly ReloadAction[]): boolean {
  const targets = actions.filter(({ kind }) => kind !== 'swap-workers').map(({ target }) => target);
  if (targets.length < actions.length || targets.length === 0) return true;
  return models.some(({ name, state }) => state === 'READY' && targets.includes(name));
}

/** Models that fail at the start are reported as failed reloads are, but nothing was reloaded. */
export const isFirstLoad = (actions: readonly ReloadAction[]) =>
  actions.some(({ kind, reason }) => kind === 'load-model' && reason === 'start');

export const isStale = (failures: readonly ReloadFailure[]) =>
  failures.some(({ olderServes: older }) => older);

/** Loading and unloading one model are about the same thing. */
function keyOf({ kind, target }: ReloadAction): string {
  return kind === 'swap-workers' ? SCRIPT : `model ${target}`;
}

function overlap(one: readonly string[], other: readonly string[]): boolean {
  return one.some((it) => other.includes(it));
}
