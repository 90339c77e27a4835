import type { Failure, ReloadAction } from '../events/index.ts';
import type { ProjectSnapshot, ReloadProgress, ReloadTarget } from '../reload/index.ts';
import { failureOf } from './failure.ts';
import type { Generations } from './generations.ts';
import type { ModelLoader } from './model-loader.ts';
import type { ModelNotices } from './model-notices.ts';

export interface EmulatorTargetParts {
  readonly loader: ModelLoader;
  readonly notices: ModelNotices;
  readonly generations: Generations | undefined;
}

/** Applies reload actions to the parts of the emulator, one by one; after a failure, the old content keeps serving. */
export class EmulatorTarget implements ReloadTarget {
  readonly #parts: EmulatorTargetParts;

  constructor(parts: EmulatorTargetParts) {
    this.#parts = parts;
  }

  get generation(): number {
    return this.#parts.generations?.serving ?? 0;
  }

  async apply(
    actions: readonly ReloadAction[],
    snapshot: ProjectSnapshot,
    signal: AbortSignal,
    progress: ReloadProgress,
  ): Promise<Failure | undefined> {
    const failures: Failure[] = [];
    for (const action of actions) {
      signal.throwIfAborted();
      try {
        await this.#perform(action, snapshot, signal, progress);
      } catch (error) {
        signal.throwIfAborted();
        failures.push({ ...failureOf(error, action.target), target: action.target });
      }
    }
    const [first, ...others] = failures;
    return first && others.length > 0 ? { ...first, others } : first;
  }

  async #perform(
    action: ReloadAction,
    snapshot: ProjectSnapshot,
    signal: AbortSignal,
    progress: ReloadProgress,
  ): Promise<void> {
    const { loader, notices, generations } = this.#parts;
    const applied = () => progress.applied(action);
    switch (action.kind) {
      case 'load-model': {
        const model = snapshot.repository?.models.get(action.target);
        if (!model) return;
        void notices.log([model]);
        await loader.load(model, progress, applied, signal);
        return;
      }
      case 'unload-model':
        if (!(await progress.settled())) return;
        progress.enter('load');
        await loader.unload(action.target);
        applied();
        return;
      case 'swap-workers':
        progress.enter('warm');
        await generations?.swap(
          signal,
          () => progress.settled(),
          () => {
            progress.enter('switch');
            applied();
          },
        );
        return;
      default:
        action.kind satisfies never;
    }
  }
}
