import path from 'node:path';
import { messageOf, TritonLocalError, userError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import { invalidArgument } from '../kserve/index.ts';
import {
  listModelDirectories,
  type ModelConfig,
  type ModelDefinition,
  type RepositoryAction,
  type RepositorySync,
  type RepositoryTurn,
  readModelDefinition,
} from '../repository/index.ts';
import type { Backend } from './backends/backend.ts';
import { PythonLoadError } from './backends/python/python-instance.ts';
import { directoryStamp } from './directory-stamp.ts';
import { EnsembleControl } from './ensemble/ensemble-control.ts';
import { LoadError } from './load-error.ts';
import type { ModelMetrics } from './metrics/model-metrics.ts';
import { type LoadContext, reasonOf } from './model-loader.ts';
import { ModelStates } from './model-states.ts';
import type { IndexEntry, ModelEntry, ModelTable } from './model-table.ts';
import { ModelVersions } from './model-versions.ts';
import type { RateLimiter } from './scheduling/rate-limiter.ts';
import type { ResponseCache } from './scheduling/response-cache.ts';

/** Replacements for content on disk in a load. */
export interface LoadOverride {
  readonly config: ModelConfig;
  /** A repository to use instead of the real one for this load. */
  readonly repository: string | undefined;
}

export interface ModelControlOptions {
  /** Translates staged paths in texts into the user's. */
  readonly userPaths?: ((text: string) => string) | undefined;
  /** Brings the repository up to date before a client's request to the repository API. */
  readonly sync?: RepositorySync | undefined;
  /** Caches the answers of models whose configuration enables it. */
  readonly cache?: ResponseCache | undefined;
  /** Delays instances until the resources that they name are free. */
  readonly limiter?: RateLimiter | undefined;
  /** Where the figures of each version are kept. */
  readonly metrics: ModelMetrics;
}

/** Loads and unloads models: which content, on whose behalf, and with which effect on their ensembles. */
export class ModelControl implements AsyncDisposable {
  readonly #table: ModelTable;
  readonly #repository: string;
  readonly #states: ModelStates;
  readonly #userPaths: (text: string) => string;
  readonly #sync: RepositorySync | undefined;
  readonly #versions: ModelVersions;
  readonly #ensembles: EnsembleControl;
  readonly #failures = new Map<string, TritonLocalError>();

  constructor(
    table: ModelTable,
    repository: string,
    backends: ReadonlyMap<string, Backend>,
    events: EventSink,
    { userPaths = (text) => text, sync, cache, limiter, metrics }: ModelControlOptions,
  ) {
    this.#table = table;
    this.#repository = repository;
    this.#userPaths = userPaths;
    this.#sync = sync;
    this.#states = new ModelStates(events, userPaths);
    this.#ensembles = new EnsembleControl(table, repository, {
      load: (name) => this.load(name),
      loadNow: (ensemble) => this.#loadNow(ensemble, undefined, true),
      unloadNow: (ensemble) => this.#versions.unload(ensemble),
      log: (level, text) => this.#states.log(level, text),
    });
    const context: LoadContext = {
      backends,
      members: this.#ensembles.members,
      cache,
      limiter,
      metrics,
      warn: (text) => this.#states.log('warning', text),
    };
    this.#versions = new ModelVersions(table, this.#states, context, userPaths);
  }

  /** The folders on disk and what is known about each. */
  async index(onlyReady: boolean): Promise<IndexEntry[]> {
    await this.#sync?.begin('index');
    return this.#table.index(await listModelDirectories(this.#repository), onlyReady);
  }

  /**
   * Loads the folder's current content and switches to it.
   * @throws TritonLocalError MODEL_LOAD_FAILED with the reason, and the file and line if known; the previous version
   * keeps serving.
   */
  async load(name: string): Promise<void> {
    await this.#table.change(name, async (model) => {
      try {
        await this.#loadNow(model, undefined, true);
        this.#failures.delete(name);
      } catch (error) {
        const cause = error instanceof LoadError ? error.reasonError : error;
        const known = cause instanceof TritonLocalError ? cause : undefined;
        const location = cause instanceof PythonLoadError ? cause.location : known?.location;
        const failure = userError(
          'MODEL_LOAD_FAILED',
          `model '${name}' was not loaded: ${this.#userPaths(messageOf(cause))}`,
          {
            ...(known?.hint ? { hint: known.hint } : {}),
            ...(location ? { location } : {}),
            cause: error,
          },
        );
        this.#failures.set(name, failure);
        throw failure;
      }
    });
    await this.#ensembles.follow(name, 'keep');
  }

  /**
   * A client's load of the folder's current content. Without an override, an unchanged model is not reloaded.
   * @throws LoadError, KServeError with Triton's load errors (docs/reference/triton.md#model-control)
   */
  loadForClient(name: string, override: LoadOverride | undefined): Promise<void> {
    return this.#inTurn('load', name, async () => {
      await this.#table.change(name, async (model) => {
        if (!override && (await this.#unchanged(model))) return;
        await this.#loadNow(model, override, false);
      });
      await this.#ensembles.follow(name, 'unload');
    });
  }

  /** A client's unload; resolves once the model accepts no more requests, while its last ones still run. */
  unloadForClient(name: string): Promise<void> {
    return this.#inTurn('unload', name, () => this.unload(name));
  }

  async #inTurn(action: RepositoryAction, name: string, change: () => Promise<void>): Promise<void> {
    let turn: RepositoryTurn | undefined;
    try {
      turn = await this.#sync?.begin(action, name);
    } catch (error) {
      throw this.#pollFailed(name, error);
    }
    let succeeded = false;
    try {
      await change();
      succeeded = true;
    } finally {
      await turn?.end(succeeded);
    }
  }

  /** Takes a model and its ensembles out of service; resolves while their last requests still run. */
  async unload(name: string): Promise<void> {
    await this.#table.change(name, async (model) => this.#versions.unload(model));
    await this.#ensembles.follow(name, 'unload');
  }

  /** Why the newest load of a model by us failed; undefined if it succeeded. */
  loadFailure(name: string): TritonLocalError | undefined {
    return this.#failures.get(name);
  }

  /** Unloads a model, and forgets it if its folder is gone. */
  async remove(name: string): Promise<void> {
    await this.#table.change(name, async (model) => {
      this.#versions.unload(model);
      if (!(await listModelDirectories(this.#repository)).includes(name)) model.versions = new Map();
    });
    await this.#ensembles.follow(name, 'unload');
  }

  async #unchanged(model: ModelEntry): Promise<boolean> {
    if (!model.latest || model.stamp === undefined) return false;
    return model.stamp === (await directoryStamp(path.join(this.#repository, model.name)));
  }

  async #loadNow(model: ModelEntry, override: LoadOverride | undefined, ours: boolean): Promise<void> {
    const { name } = model;
    const repository = override?.repository ?? this.#repository;
    const stamp = override ? undefined : await directoryStamp(path.join(repository, name));
    let definition: ModelDefinition;
    try {
      definition = await readModelDefinition(repository, name, override?.config);
    } catch (error) {
      model.stamp = undefined;
      if (ours && !model.latest) this.#states.failPoll(model, reasonOf(error));
      throw this.#pollFailed(name, error);
    }
    const unloadable = await this.#whyUnloadable(model, definition);
    if (unloadable) {
      this.#states.log('error', `failed to load '${name}': ${unloadable}`);
      if (ours && !model.latest) this.#states.failPoll(model, `Invalid argument: ${unloadable}`);
      throw new LoadError(
        `load failed for model '${name}': ${unloadable}\n`,
        400,
        invalidArgument(unloadable),
      );
    }
    await this.#versions.replace(model, definition);
    model.stamp = stamp;
    model.pollFailure = '';
  }

  #pollFailed(name: string, error: unknown): LoadError {
    this.#states.log('error', `Poll failed for model directory '${name}': ${messageOf(error)}`);
    return new LoadError(`failed to load '${name}', failed to poll from model repository`, 500, error);
  }

  /** Why a readable model cannot be loaded at all. */
  async #whyUnloadable(model: ModelEntry, definition: ModelDefinition): Promise<string | undefined> {
    const { name, config, versions } = definition;
    if (config.platform === 'ensemble') {
      try {
        await this.#ensembles.prepare(model, definition);
      } catch (error) {
        return messageOf(error);
      }
    }
    if (versions.length > 0) return undefined;
    return `at least one version must be available under the version policy of model '${name}'`;
  }

  /** Takes every model out of service; resolves within ten seconds, even if requests hang. */
  async [Symbol.asyncDispose](): Promise<void> {
    const unloaded = Promise.all(
      this.#table
        .names()
        .map((name) => this.#table.change(name, async (model) => this.#versions.unload(model))),
    );
    await this.#versions.drain(unloaded);
  }
}
