import type { Failure, ReloadAction } from '../events/index.ts';
import type { ProjectSnapshot } from './plan.ts';
import type { Phase } from './stopwatch.ts';

/** What a reload is applied to; the emulator implements it. */
export interface ReloadTarget {
  /** The generation that serves now. */
  readonly generation: number;
  /**
   * Performs the actions in order on exactly the content in `snapshot`; one that fails leaves the old generation or
   * version serving and does not stop the others. When `signal` aborts (a newer save came) a generation that is
   * still warming is ended and this returns soon; the next call comes only then. Calls never overlap.
   * @returns the first failure, with the others in it, that left an old generation or version serving, or undefined when all was applied.
   */
  apply(
    actions: readonly ReloadAction[],
    snapshot: ProjectSnapshot,
    signal: AbortSignal,
    progress: ReloadProgress,
  ): Promise<Failure | undefined>;
}

/** How an application and the watching of files keep in step. */
export interface ReloadProgress {
  /**
   * To be awaited when the new is warm and before it is switched to. Warming starts at the first sign of a change;
   * this resolves with true once the files have been quiet and still hold that content, and with false when a
   * newer one came: then the warm generation is ended and nothing is switched.
   */
  settled(): Promise<boolean>;
  /** To be called as the work on an action enters another phase; the wait for `settled` is counted by itself. */
  enter(phase: Exclude<Phase, 'notice' | 'quiet'>): void;
  /** To be called as each action takes effect; without it, actions of a failed or overtaken call count as undone. */
  applied(action: ReloadAction): void;
}
