import type { EventOf, ReloadAction } from './event.ts';
import type { EmulatorState, ReloadFailure } from './state.ts';

/** At most this many failures are kept for the screen; the oldest are dropped. */
const MOST_FAILURES = 100;
/** The script's key among the targets of failures. */
export const SCRIPT = 'script';

/** The current failures after a failed reload, newest last. */
export function withFailed(state: EmulatorState, event: EventOf<'reload.failed'>): readonly ReloadFailure[] {
  const standing = withoutSettled(state.failures, event.actions, event.actions.length === 0);
  return [...standing, ...failuresOf(event, state)].slice(-MOST_FAILURES);
}

/** One per failed action; one for all of them if the error names no target. */
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
 * The failures that remain after a reload. It clears only those of what it touched: a model that loads does not fix a
 * broken script. A reload without actions found nothing wrong at all, or could not read the project.
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
 * Whether what a failed reload was meant to replace is still serving. A script that never came up counts too: the
 * answers of its service reflect older content than the newest.
 */
function olderServes({ models }: EmulatorState, actions: readonly ReloadAction[]): boolean {
  const targets = actions.filter(({ kind }) => kind !== 'swap-workers').map(({ target }) => target);
  if (targets.length < actions.length || targets.length === 0) return true;
  return models.some(({ name, state }) => state === 'READY' && targets.includes(name));
}

/** Models that fail at the start are reported like failed reloads, but nothing was reloaded. */
export const isFirstLoad = (actions: readonly ReloadAction[]) =>
  actions.some(({ kind, reason }) => kind === 'load-model' && reason === 'start');

export const isStale = (failures: readonly ReloadFailure[]) =>
  failures.some(({ olderServes: older }) => older);

/** Loading and unloading a model concern the same target. */
function keyOf({ kind, target }: ReloadAction): string {
  return kind === 'swap-workers' ? SCRIPT : `model ${target}`;
}

function overlap(one: readonly string[], other: readonly string[]): boolean {
  return one.some((it) => other.includes(it));
}
