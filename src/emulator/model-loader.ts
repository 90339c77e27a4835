import path from 'node:path';
import { TritonLocalError, toTritonLocalError } from '../base/index.ts';
import type { RunningEngine } from '../engines/index.ts';
import type { ReloadProgress } from '../reload/index.ts';
import { type ModelSnapshot, stageModel, unstageModel } from '../repository/index.ts';

/** Brings the user's models into the engine's staged repository and has them loaded, or puts back what was there. */
export class ModelLoader {
  readonly #engine: RunningEngine;
  readonly #staged: string;

  constructor(engine: RunningEngine, stagedRepository: string) {
    this.#engine = engine;
    this.#staged = stagedRepository;
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
      await staged.rollback();
      throw inUsersFolder(error, path.join(this.#staged, model.name), model.directory);
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

/** The engine names the staged copy; the user knows the original. */
function inUsersFolder(thrown: unknown, staged: string, original: string): TritonLocalError {
  const error = toTritonLocalError(thrown);
  const message = error.message.replaceAll(staged, original);
  const location = error.location ?? { file: fileNamedIn(message, original) };
  return new TritonLocalError(error.code, error.kind, message, {
    location: { ...location, file: location.file.replace(staged, original) },
    cause: error,
    ...(error.hint !== undefined && { hint: error.hint }),
  });
}

/** The file of a model that a reason names in passing; the model's folder where it names none. */
function fileNamedIn(reason: string, directory: string): string {
  const at = reason.indexOf(directory + path.sep);
  if (at < 0) return directory;
  const rest = reason.slice(at + directory.length);
  return directory + rest.slice(0, Math.max(0, rest.search(/[\s'":]|$/)));
}
