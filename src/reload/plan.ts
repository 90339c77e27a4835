import type { ReloadAction } from '../events/index.ts';
import type { RepositorySnapshot } from '../repository/index.ts';

/** The project's files at one moment, as far as a reload depends on them. */
export interface ProjectSnapshot {
  readonly repository: RepositorySnapshot | undefined;
  /** Content hash by absolute path of every source file below the script's source directory. */
  readonly sources: ReadonlyMap<string, string>;
}

/** What to do about the difference of two snapshots; no actions where nothing of content changed. */
export interface ReloadPlan {
  readonly actions: readonly ReloadAction[];
  /** Absolute paths whose content differs. */
  readonly causes: readonly string[];
}
