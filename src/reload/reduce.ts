import type { ScriptSource } from '../config/index.ts';
import type { Failure, ReloadAction } from '../events/index.ts';
import type { ModelSnapshot } from '../repository/index.ts';
import type { FileScope } from './file-table.ts';
import { SCOPES } from './observation.ts';
import { keyOf, modelKey, type ProjectSnapshot, planReload, type ReloadPlan } from './plan.ts';
import { type Served, withGiven, withLoaded } from './served.ts';

/** After this many newer saves in a row, one attempt is finished before the next begins. */
const MOST_OVERTAKEN = 5;

/** What the target was given, and what it is being given now. */
export interface ReloadState {
  readonly script: ScriptSource | undefined;
  readonly served: Served;
  /** The content of the last attempt, whether applied or not. */
  readonly lastTried: ProjectSnapshot;
  /** Keys of what a manual reload applies although its content is unchanged. */
  readonly forced: ReadonlySet<string>;
  /** At most one. */
  readonly attempt: Attempt | undefined;
  /** How many attempts in a row newer content has ended. */
  readonly overtakenCount: number;
  /** Whether an outcome is reported even if there turns out to be nothing to do. */
  readonly outcomePending: boolean;
}

/** One application of a plan. */
export interface Attempt {
  readonly plan: ReloadPlan;
  readonly snapshot: ProjectSnapshot;
  /** Whether its content has proved complete. */
  readonly confirmed: boolean;
  /** Whether newer content has ended it. */
  readonly overtaken: boolean;
  readonly applied: ReadonlySet<ReloadAction>;
  /** Set once the target has finished with it. */
  readonly result: { readonly failure: Failure | undefined } | undefined;
}

/** What is known about the files after a scan and the reading that followed. */
export interface Observed {
  readonly latest: ProjectSnapshot;
  /** Whether a scope's content is complete. */
  readonly settled: Readonly<Record<FileScope, boolean>>;
  /** Whether a scope may be tried before it has settled. */
  readonly promising: Readonly<Record<FileScope, boolean>>;
  /** Whether a scope has not settled although no weights are being written. */
  readonly moving: Readonly<Record<FileScope, boolean>>;
}

export type Input =
  | { readonly type: 'requested'; readonly models: readonly string[] }
  | { readonly type: 'outcome awaited' }
  | { readonly type: 'client loaded'; readonly model: ModelSnapshot }
  | { readonly type: 'unreadable'; readonly failure: Failure }
  | { readonly type: 'action applied'; readonly action: ReloadAction }
  | { readonly type: 'target done'; readonly failure: Failure | undefined }
  | { readonly type: 'observed'; readonly observed: Observed }
  /**
   * No attempt is under way. `heldBack`: the workers would start only because of sources that the loop guard suspects.
   */
  | { readonly type: 'idle'; readonly observed: Observed; readonly heldBack: boolean };

/** What to do about an input, in this order. */
export type Command =
  | { readonly type: 'apply'; readonly plan: ReloadPlan; readonly snapshot: ProjectSnapshot }
  /** The attempt's content is complete: announce the plan and let the target switch. */
  | { readonly type: 'confirm'; readonly plan: ReloadPlan }
  /** Newer content ends the attempt. `startsAnew`: it is a separate change with its own timings. */
  | { readonly type: 'overtake'; readonly startsAnew: boolean }
  /** The target has stopped a superseded attempt: the time spent on it counts as waiting. */
  | { readonly type: 'abandon'; readonly plan: ReloadPlan }
  /** The attempt has ended: report its outcome. */
  | { readonly type: 'conclude'; readonly plan: ReloadPlan; readonly failure: Failure | undefined }
  /** Report that the project cannot be read. */
  | { readonly type: 'refuse'; readonly failure: Failure }
  /** Nothing is left to do: manual requests are answered. */
  | { readonly type: 'rest'; readonly models: readonly string[]; readonly outcomePending: boolean };

export interface Reduction {
  readonly state: ReloadState;
  readonly commands: readonly Command[];
}

/**
 * The state of a project whose `initial` content is served. @param refused keys of what the target refused at the start
 */
export function initialReloadState(
  initial: ProjectSnapshot,
  script: ScriptSource | undefined,
  refused: Iterable<string> = [],
): ReloadState {
  return {
    script,
    served: { content: initial, refused: new Set(refused) },
    lastTried: initial,
    forced: new Set(),
    attempt: undefined,
    overtakenCount: 0,
    outcomePending: false,
  };
}

/** Decides what follows from an input. Pure: the caller carries out the commands. */
export function reduce(state: ReloadState, input: Input): Reduction {
  switch (input.type) {
    case 'requested': {
      const forced = new Set([...state.forced, ...state.served.refused, ...input.models.map(modelKey)]);
      return quietly({ ...state, forced, outcomePending: true });
    }
    case 'outcome awaited':
      return quietly({ ...state, outcomePending: true });
    case 'client loaded':
      return quietly({ ...state, served: withLoaded(state.served, input.model) });
    case 'unreadable':
      return {
        state: withOutcome(state),
        commands: [{ type: 'refuse', failure: input.failure }],
      };
    case 'action applied': {
      const { attempt } = state;
      if (!attempt) return quietly(state);
      const applied = new Set([...attempt.applied, input.action]);
      return quietly({ ...state, attempt: { ...attempt, applied } });
    }
    case 'target done': {
      const { attempt } = state;
      return quietly(
        attempt ? { ...state, attempt: { ...attempt, result: { failure: input.failure } } } : state,
      );
    }
    case 'observed':
      return state.attempt ? follow(state, state.attempt, input.observed) : quietly(state);
    case 'idle':
      return startNext(state, input.observed, input.heldBack);
    default:
      return input satisfies never;
  }
}

/** Whether a scope may be given to the target now. */
export function isReady({ overtakenCount }: ReloadState, observed: Observed, scope: FileScope): boolean {
  return observed.settled[scope] || (overtakenCount === 0 && observed.promising[scope]);
}

/** Whether the next attempt waits: after one was superseded, files that are saved together are awaited together. */
export function isWaiting({ overtakenCount }: ReloadState, { moving }: Observed): boolean {
  return overtakenCount > 0 && SCOPES.some((scope) => moving[scope]);
}

/** The source files that have changed since the last attempt. */
export function freshCauses(
  { served, lastTried, script }: ReloadState,
  { sources }: ProjectSnapshot,
): readonly string[] {
  const { repository } = served.content;
  return planReload({ repository, sources: lastTried.sources }, { repository, sources }, script).causes;
}

export function swapsWorkers(plan: ReloadPlan): boolean {
  return plan.actions.some(({ kind }) => kind === 'swap-workers');
}

function quietly(state: ReloadState): Reduction {
  return { state, commands: [] };
}

function follow(state: ReloadState, attempt: Attempt, { latest, settled }: Observed): Reduction {
  const isUndecided = !attempt.overtaken && (!attempt.result || isHeldBack(attempt));
  if (!isUndecided) return attempt.result ? close(state, attempt) : quietly(state);
  if (isMoved(state, attempt, latest) && state.overtakenCount < MOST_OVERTAKEN) {
    const overtaken = { ...attempt, overtaken: true };
    const command: Command = { type: 'overtake', startsAnew: attempt.confirmed };
    return after([command], closeIfDone(state, overtaken));
  }
  return isSettledFor(attempt.plan, settled) ? confirm(state, attempt) : quietly(state);
}

function confirm(state: ReloadState, attempt: Attempt): Reduction {
  const commands: Command[] = attempt.confirmed ? [] : [{ type: 'confirm', plan: attempt.plan }];
  return after(commands, closeIfDone(state, { ...attempt, confirmed: true }));
}

function closeIfDone(state: ReloadState, attempt: Attempt): Reduction {
  return attempt.result ? close(state, attempt) : quietly({ ...state, attempt });
}

function close(state: ReloadState, attempt: Attempt): Reduction {
  const { plan, snapshot, applied, confirmed } = attempt;
  const closed = { ...state, attempt: undefined };
  const appliedAll = plan.actions.every((action) => applied.has(action));
  if (attempt.overtaken && !appliedAll) {
    // An announced plan gets an outcome, even if the newer content turns out to be served already.
    const forced = confirmed ? new Set([...state.forced, ...state.served.refused]) : state.forced;
    return {
      state: {
        ...closed,
        forced,
        outcomePending: state.outcomePending || confirmed,
        overtakenCount: state.overtakenCount + 1,
        served: withGiven(state.served, snapshot, applied, () => false),
      },
      commands: [{ type: 'abandon', plan }],
    };
  }
  const failure = attempt.result?.failure;
  const isRefused = (action: ReloadAction) => failure !== undefined && !applied.has(action);
  const served = withGiven(state.served, snapshot, plan.actions, isRefused);
  const forced = new Set(state.forced);
  for (const action of plan.actions) forced.delete(keyOf(action));
  const commands: Command[] = confirmed ? [] : [{ type: 'confirm', plan }];
  return {
    state: withOutcome({ ...closed, served, forced }),
    commands: [...commands, { type: 'conclude', plan, failure }],
  };
}

function startNext(state: ReloadState, observed: Observed, heldBack: boolean): Reduction {
  const { latest, settled } = observed;
  const { content } = state.served;
  const takesSources = isReady(state, observed, 'sources') && !heldBack;
  const snapshot: ProjectSnapshot = {
    repository: isReady(state, observed, 'repository') ? latest.repository : content.repository,
    sources: takesSources ? latest.sources : content.sources,
  };
  const plan = planReload(content, snapshot, state.script, state.forced);
  if (plan.actions.length > 0) {
    const confirmed = isSettledFor(plan, settled);
    const commands: Command[] = [{ type: 'apply', plan, snapshot }];
    if (confirmed) commands.push({ type: 'confirm', plan });
    const attempt = {
      plan,
      snapshot,
      confirmed,
      overtaken: false,
      applied: new Set<never>(),
      result: undefined,
    };
    return { state: { ...state, attempt, lastTried: snapshot }, commands };
  }
  if (heldBack || !SCOPES.every((scope) => settled[scope])) return quietly(state);
  const models = [...(latest.repository?.models.keys() ?? [])];
  return {
    state: withOutcome({ ...state, forced: new Set() }),
    commands: [{ type: 'rest', models, outcomePending: state.outcomePending }],
  };
}

function withOutcome(state: ReloadState): ReloadState {
  return { ...state, overtakenCount: 0, outcomePending: false };
}

function after(commands: readonly Command[], reduction: Reduction): Reduction {
  return { state: reduction.state, commands: [...commands, ...reduction.commands] };
}

/**
 * Whether newer content ends the attempt. Files that are saved together belong together, so until it is confirmed
 * any difference does; after that, only one that concerns what is being applied.
 */
function isMoved({ script }: ReloadState, attempt: Attempt, latest: ProjectSnapshot): boolean {
  const difference = planReload(attempt.snapshot, latest, script);
  return attempt.confirmed ? overlap(attempt.plan, difference) : difference.actions.length > 0;
}

/** A failure that may come from a half-written file does not count until the file is quiet. */
function isHeldBack({ result, confirmed, overtaken }: Attempt): boolean {
  return result?.failure !== undefined && !confirmed && !overtaken;
}

function isSettledFor(plan: ReloadPlan, settled: Observed['settled']): boolean {
  return plan.actions.every((action) => settled[action.kind === 'swap-workers' ? 'sources' : 'repository']);
}

/** Whether two plans change the same model or both change the workers. */
function overlap(one: ReloadPlan, other: ReloadPlan): boolean {
  const keys = new Set(one.actions.map(keyOf));
  return other.actions.some((action) => keys.has(keyOf(action)));
}
