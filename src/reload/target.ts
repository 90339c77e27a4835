import type { Failure, ReloadAction } from '../events/index.ts';
import type { ProjectSnapshot } from './plan.ts';

/** What a reload is applied to; the emulator implements it. */
export interface ReloadTarget {
  /** The generation that serves now. */
  readonly generation: number;
  /**
   * Performs the actions in order on exactly the content in `snapshot`. When `signal` aborts (a newer save came)
   * a generation that is still warming is ended.
   * @returns the failure that left an old generation or version serving, or undefined when all was applied.
   */
  apply(
    actions: readonly ReloadAction[],
    snapshot: ProjectSnapshot,
    signal: AbortSignal,
  ): Promise<Failure | undefined>;
}
