import { TritonLocalError, userError } from '../base/index.ts';
import type { ProjectConfig } from '../config/index.ts';
import type { RunningEngine } from '../engines/index.ts';
import {
  listUserModels,
  type ProjectSnapshot,
  type ReloadProgress,
  readSettledModel,
  readUserModel,
} from '../reload/index.ts';
import {
  type ModelSnapshot,
  type RepositoryAction,
  type RepositorySync,
  type RepositoryTurn,
  type StagedModel,
  stageModel,
  type UserPaths,
  unstageModel,
} from '../repository/index.ts';
import { membersOf } from './ensemble-members.ts';
import { modelFailure } from './model-failure.ts';
import { ModelTurns } from './model-turns.ts';

/** Longest wait of a client for our reload of the same model. */
const TURN_LIMIT_MS = 30_000;
/** Each waits until the files have settled. */
const STAGE_ATTEMPTS = 5;

export interface ModelLoaderOptions {
  readonly config: ProjectConfig;
  /** The repository that the engine reads. */
  readonly stagedRepository: string;
  readonly paths: UserPaths;
  /** The content that is staged when the engine starts. */
  readonly initial: ProjectSnapshot;
}

/** A staged and published model, which can still be rolled back. */
interface Brought {
  end(succeeded: boolean): Promise<void>;
}

/**
 * Copies the user's models into the engine's staged repository and loads them, or restores the previous content: for
 * our own reload, and before a client's request to the repository API. Tasks on one model take turns.
 */
export class ModelLoader implements RepositorySync {
  readonly #options: ModelLoaderOptions;
  readonly #turns = new ModelTurns();
  /** The content of the staged repository. */
  readonly #staged: Map<string, ModelSnapshot>;
  /** Models that the engine has tried to load at least once. */
  readonly #tried: Set<string>;
  /** How often clients loaded a model, by name. */
  readonly #clientLoads = new Map<string, number>();
  #engine: RunningEngine | undefined;
  #onClientLoad: ((model: ModelSnapshot) => void) | undefined;

  constructor(options: ModelLoaderOptions) {
    this.#options = options;
    this.#staged = new Map(options.initial.repository?.models);
    this.#tried = new Set(this.#staged.keys());
  }

  /** Uses this engine from now on. */
  use(engine: RunningEngine): void {
    this.#engine = engine;
  }

  /** Calls `listener` from now on when a client loads a model whose files have changed. */
  onClientLoad(listener: (model: ModelSnapshot) => void): void {
    this.#onClientLoad = listener;
  }

  /**
   * Stages the model and, once the files have settled, loads it; `onLoaded` is called when the new version is serving.
   * When `signal` aborts, a load in progress is called off, where the engine can do that.
   * A model that a client unloaded stays unloaded, and one that a client just loaded is not loaded twice.
   * @throws the failure of the engine or the staging, located in the user's folder; the old model keeps serving.
   */
  load(
    model: ModelSnapshot,
    progress: ReloadProgress,
    onLoaded: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { name } = model;
    const before = this.#clientLoads.get(name);
    return this.#turns.run(name, async () => {
      const isLoadedByClient =
        before !== this.#clientLoads.get(name) && this.#staged.get(name)?.fingerprint === model.fingerprint;
      if (isLoadedByClient || (await this.#isUnloadedByClient(name))) {
        if (await progress.settled()) onLoaded();
        return;
      }
      await this.#stageAndLoad(model, progress, onLoaded, signal);
    });
  }

  async #stageAndLoad(
    model: ModelSnapshot,
    progress: ReloadProgress,
    onLoaded: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { stagedRepository } = this.#options;
    progress.enter('stage');
    const staged = await stageModel(model, stagedRepository);
    try {
      if (!(await progress.settled())) {
        await staged.rollback();
        return;
      }
      progress.enter('load');
      this.#tried.add(model.name);
      await this.#engine?.load(model.name, signal);
    } catch (error) {
      const failure = await modelFailure(error, {
        model: model.name,
        staged: stagedRepository,
        paths: this.#options.paths,
      });
      // A new model that is broken stays, as it does in the user's repository: Triton's index names it.
      if (staged.replaces) {
        await staged.rollback();
      } else {
        this.#staged.set(model.name, model);
        await staged.commit();
      }
      throw failure;
    }
    this.#staged.set(model.name, model);
    onLoaded();
    await staged.commit();
  }

  unload(model: string): Promise<void> {
    return this.#turns.run(model, async () => {
      // The folder goes first: an engine forgets a model completely only when there is nothing to load it from.
      await this.#unstage(model);
      this.#tried.delete(model);
      await this.#engine?.unload(model);
    });
  }

  async begin(action: RepositoryAction, model = ''): Promise<RepositoryTurn> {
    if (action === 'index') {
      await this.#followFolders();
      return { end: async () => {} };
    }
    if (action === 'unload') return this.#takeTurn([model], async () => []);
    const { config } = this.#options;
    const names = [model, ...(await membersOf(config, model))].sort();
    return this.#takeTurn(names, async (brought) => {
      for (const name of names) {
        const one = await this.#bring(name);
        if (one) brought.push(one);
      }
      return names;
    });
  }

  /** Claims these models and stages them; if something fails, all of it is undone. */
  async #takeTurn(
    names: readonly string[],
    ready: (brought: Brought[]) => Promise<readonly string[]>,
  ): Promise<RepositoryTurn> {
    const releases: (() => void)[] = [];
    const brought: Brought[] = [];
    let ending: Promise<void> | undefined;
    const finish = async (succeeded: boolean, loaded: readonly string[]) => {
      for (const one of brought) await one.end(succeeded).catch(() => undefined);
      for (const name of succeeded ? loaded : [])
        this.#clientLoads.set(name, (this.#clientLoads.get(name) ?? 0) + 1);
      for (const release of releases) release();
    };
    try {
      for (const name of names) {
        const release = await this.#turns.take(name, TURN_LIMIT_MS);
        if (!release) throw busy(name);
        releases.push(release);
      }
      const loaded = await ready(brought);
      return {
        end: (succeeded) => {
          ending ??= finish(succeeded, loaded);
          return ending;
        },
      };
    } catch (error) {
      await finish(false, []);
      throw error;
    }
  }

  /** Stages the content of the user's folder and publishes it to the server, if it differs from what is staged. */
  async #bring(name: string): Promise<Brought | undefined> {
    const { config, stagedRepository } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const model = await readSettledModel(config, name, this.#staged.get(name));
      if (!model) {
        if (this.#staged.has(name)) await this.#unstage(name);
        return undefined;
      }
      if (model.fingerprint === this.#staged.get(name)?.fingerprint) return undefined;
      try {
        return await this.#show(model, await stageModel(model, stagedRepository));
      } catch (error) {
        if (attempt === STAGE_ATTEMPTS || !isChanging(error)) throw error;
      }
    }
  }

  async #show(model: ModelSnapshot, staged: StagedModel): Promise<Brought> {
    const { name } = model;
    try {
      const published = await this.#engine?.publish?.(name);
      return {
        end: async (succeeded) => {
          if (!succeeded) {
            await staged.rollback();
            await published?.rollback();
            return;
          }
          this.#staged.set(name, model);
          this.#tried.add(name);
          this.#onClientLoad?.(model);
          await published?.commit();
          await staged.commit();
        },
      };
    } catch (error) {
      await staged.rollback();
      throw error;
    }
  }

  /** An index lists the user's folders: new ones are published to the server, removed ones are withdrawn. */
  async #followFolders(): Promise<void> {
    const { config, stagedRepository } = this.#options;
    // If the whole repository is gone, for example an unmounted drive, the staged content stays.
    const names = await listUserModels(config).catch(() => undefined);
    if (!names) return;
    const gone = [...this.#staged.keys()].filter((name) => !names.includes(name));
    const changed = [...gone, ...names.filter((name) => !this.#staged.has(name))];
    for (const name of changed) {
      // The task that holds the model publishes or withdraws it.
      if (this.#turns.isTaken(name)) continue;
      await this.#turns
        .run(name, async () => {
          const model = gone.includes(name) ? undefined : await readUserModel(config, name);
          if (!model) return this.#unstage(name);
          await (await stageModel(model, stagedRepository)).commit();
          this.#staged.set(name, model);
          await (await this.#engine?.publish?.(name))?.commit();
        })
        // Still being copied: the next index shows it.
        .catch(() => undefined);
    }
    if (gone.length > 0) await this.#engine?.refresh?.();
  }

  async #unstage(model: string): Promise<void> {
    await unstageModel(model, this.#options.stagedRepository);
    this.#staged.delete(model);
  }

  /** Whether a client unloaded a model that the engine had loaded. */
  async #isUnloadedByClient(model: string): Promise<boolean> {
    if (this.#options.config.engine.modelControlMode !== 'explicit' || !this.#tried.has(model)) return false;
    await this.#engine?.refresh?.();
    const versions = this.#engine?.models().filter(({ name }) => name === model) ?? [];
    return versions.every(
      ({ state, reason }) => state === 'UNLOADING' || (state === 'UNAVAILABLE' && reason === 'unloaded'),
    );
  }
}

function isChanging(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code === 'MODEL_CHANGED_WHILE_STAGING';
}

function busy(model: string): TritonLocalError {
  return userError('MODEL_CHANGED_WHILE_STAGING', `model ${model} is still being reloaded`, {
    hint: 'load it again once its files stop changing',
  });
}
