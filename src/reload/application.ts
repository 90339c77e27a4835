import { toTritonLocalError } from '../base/index.ts';
import type { Failure, ReloadAction } from '../events/index.ts';
import type { ProjectSnapshot, ReloadPlan } from './plan.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { ReloadProgress, ReloadTarget } from './target.ts';

/** A plan while the target applies it. */
export interface Application {
  readonly stopwatch: Stopwatch;
  /** Resolves, and never rejects, when the target has finished with it. */
  readonly done: Promise<void>;
  /** The content is complete: the target may switch. */
  confirm(): void;
  /** Newer content arrived: the target should stop. */
  overtake(): void;
}

export interface ApplicationParts {
  readonly target: ReloadTarget;
  readonly plan: ReloadPlan;
  readonly snapshot: ProjectSnapshot;
  readonly stopwatch: Stopwatch;
  readonly onApplied: (action: ReloadAction) => void;
  readonly onDone: (failure: Failure | undefined) => void;
}

/** Lets the target apply a plan. What it throws becomes the failure. */
export function applyPlan(parts: ApplicationParts): Application {
  const { target, plan, snapshot, stopwatch, onApplied, onDone } = parts;
  const overtaking = new AbortController();
  let isConfirmed = false;
  let settle: (settled: boolean) => void = () => undefined;
  const settled = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  const progress: ReloadProgress = {
    async settled() {
      const { phase } = stopwatch;
      if (!isConfirmed) stopwatch.enter('quiet');
      const isSettled = await settled;
      stopwatch.enter(phase);
      return isSettled;
    },
    enter: (phase) => stopwatch.enter(phase),
    applied: onApplied,
  };
  const run = async () => {
    let failure: Failure | undefined;
    try {
      failure = await target.apply(plan.actions, snapshot, overtaking.signal, progress);
    } catch (error) {
      failure = toFailure(error);
    }
    // A failure that may come from a half-written file is held back until the files are quiet.
    if (!isConfirmed) stopwatch.enter('quiet');
    onDone(failure);
  };
  return {
    stopwatch,
    done: run(),
    confirm() {
      isConfirmed = true;
      settle(true);
    },
    overtake() {
      overtaking.abort();
      settle(false);
    },
  };
}

/** A thrown value as the facts that `reload.failed` carries. */
export function toFailure(thrown: unknown): Failure {
  const { code, message, location, hint } = toTritonLocalError(thrown);
  return {
    code,
    message,
    ...(location && { file: location.file }),
    ...(location?.line && { line: location.line }),
    ...(hint && { hint }),
  };
}
