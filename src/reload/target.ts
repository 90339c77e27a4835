import type { Failure, ReloadAction } from '../events/index.ts';
import type { ProjectSnapshot } from './plan.ts';
import type { Phase } from './stopwatch.ts';

/** What a reload is applied to; the emulator implements it. */
export interface ReloadTarget {
  /** The generation that is serving now. */
  readonly generation: number;
  /**
   * Performs the actions in order on exactly the content in `snapshot`. An action that fails leaves the old generation
   * or version serving and does not stop the others. When `signal` aborts (a newer save arrived), a generation that is
   * still warming is disposed of and this returns soon. Calls never overlap.
   * @returns the first failure that left an old generation or version serving, containing the others; undefined if
   * everything was applied.
   */
  apply(
    actions: readonly ReloadAction[],
    snapshot: ProjectSnapshot,
    signal: AbortSignal,
    progress: ReloadProgress,
  ): Promise<Failure | undefined>;
}

/** How an application stays in step with the watching of files. */
export interface ReloadProgress {
  /**
   * Await this when the new generation is warm, before switching to it. Warming starts at the first sign of a change;
   * this resolves with true once the files have been quiet and still have that content, and with false if newer content
   * arrived: the warm generation is then disposed of and nothing is switched.
   */
  settled(): Promise<boolean>;
  /** Call this when the work on an action enters another phase; the wait for `settled` is counted automatically. */
  enter(phase: Exclude<Phase, 'notice' | 'quiet'>): void;
  /** Call this as each action takes effect; otherwise the actions of a failed or superseded call count as undone. */
  applied(action: ReloadAction): void;
}
