import type { RunningEngine } from '../engines/index.ts';
import type { ReloadProgress } from '../reload/index.ts';
import { type ModelSnapshot, stageModel, type UserPaths, unstageModel } from '../repository/index.ts';
import { modelFailure } from './model-failure.ts';

/** Brings the user's models into the engine's staged repository and has them loaded, or puts back what was there. */
export class ModelLoader {
  readonly #engine: RunningEngine;
  readonly #staged: string;
  readonly #paths: UserPaths;

  constructor(engine: RunningEngine, stagedRepository: string, paths: UserPaths) {
    this.#engine = engine;
    this.#staged = stagedRepository;
    this.#paths = paths;
  }

  /**
   * Stages the model and, once the files have settled, has it loaded; `onLoaded` is called when the new one serves.
   * @throws what the engine or the staging refused, its location in the user's folder; the old model serves on.
   */
  async load(model: ModelSnapshot, progress: ReloadProgress, onLoaded: () => void): Promise<void> {
    progress.enter('stage');
    const staged = await stageModel(model, this.#staged);
    try {
      if (!(await progress.settled())) {
        await staged.rollback();
        return;
      }
      progress.enter('load');
      await this.#engine.load(model.name);
    } catch (error) {
      const failure = await modelFailure(error, {
        model: model.name,
        staged: this.#staged,
        paths: this.#paths,
      });
      // A new model that is broken stays, as it does in the user's repository: Triton's index names it.
      await (staged.replaces ? staged.rollback() : staged.commit());
      throw failure;
    }
    onLoaded();
    await staged.commit();
  }

  async unload(model: string): Promise<void> {
    // First the folder: an engine forgets a model for good when there is nothing left to load it from.
    await unstageModel(model, this.#staged);
    await this.#engine.unload(model);
  }
}
