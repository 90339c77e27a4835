import path from 'node:path';
import { messageOf, TritonLocalError, userError, within } from '../base/index.ts';
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
import { directoryStamp } from './directory-stamp.ts';
import { checkEnsemble, checkMembersExist, type Members } from './ensemble/ensemble-check.ts';
import type { EnsembleMembers } from './ensemble/ensemble-scheduler.ts';
import { LoadError } from './load-error.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { loadVersion, reasonOf } from './model-loader.ts';
import { ModelStates } from './model-states.ts';
import {
  type IndexEntry,
  type ModelEntry,
  type ModelTable,
  UNLOADED,
  type VersionEntry,
} from './model-table.ts';

/** How long the last requests may hold the end up. */
const END_LIMIT_MS = 5_000;

/** What a load replaces on disk. */
export interface LoadOverride {
  readonly config: ModelConfig;
  /** A repository that stands in for the real one for this load. */
  readonly repository: string | undefined;
}

export interface ModelControlOptions {
  /** Translates staged paths in texts into the user's. */
  readonly userPaths?: ((text: string) => string) | undefined;
  /** Brings the repository up to date before a client's request of the repository API. */
  readonly sync?: RepositorySync | undefined;
}

/**
 * Loads and unloads models. A load brings the new versions up beside the old ones and swaps when all are there; the
 * old ones answer what they have accepted and go.
 */
export class ModelControl implements AsyncDisposable {
  readonly #table: ModelTable;
  readonly #repository: string;
  readonly #backends: ReadonlyMap<string, Backend>;
  readonly #states: ModelStates;
  readonly #userPaths: (text: string) => string;
  readonly #sync: RepositorySync | undefined;
  readonly #retiring = new Set<Promise<void>>();
  readonly #members: Members & EnsembleMembers;
  readonly #failures = new Map<string, TritonLocalError>();

  constructor(
    table: ModelTable,
    repository: string,
    backends: ReadonlyMap<string, Backend>,
    events: EventSink,
    { userPaths = (text) => text, sync }: ModelControlOptions = {},
  ) {
    this.#table = table;
    this.#repository = repository;
    this.#backends = backends;
    this.#userPaths = userPaths;
    this.#sync = sync;
    this.#states = new ModelStates(events, userPaths);
    this.#members = {
      repository,
      readyVersions: (member) => table.readyVersions(member),
      member: (model, version) => table.find(model, version < 0 ? undefined : String(version)),
    };
  }

  /** The folders on disk with what is known of each. */
  async index(onlyReady: boolean): Promise<IndexEntry[]> {
    await this.#sync?.begin('index');
    return this.#table.index(await listModelDirectories(this.#repository), onlyReady);
  }

  /**
   * Loads what the folder holds now and swaps it in.
   * @throws TritonLocalError MODEL_LOAD_FAILED with the reason, and the file and line where they are known; what
   * served before serves on.
   */
  load(name: string): Promise<void> {
    return this.#table.change(name, async (model) => {
      try {
        await this.#loadNow(model, undefined, true);
        this.#failures.delete(name);
      } catch (error) {
        const cause = error instanceof LoadError ? error.reasonError : error;
        const known = cause instanceof TritonLocalError ? cause : undefined;
        const failure = userError(
          'MODEL_LOAD_FAILED',
          `model '${name}' was not loaded: ${messageOf(cause)}`,
          {
            ...(known?.hint ? { hint: known.hint } : {}),
            ...(known?.location ? { location: known.location } : {}),
            cause: error,
          },
        );
        this.#failures.set(name, failure);
        throw failure;
      }
    });
  }

  /**
   * A load that a client asks for: of what the folder holds now; without an override an unchanged model is left as it is.
   * @throws LoadError, KServeError with Triton's load errors (docs/reference/triton.md#model-control)
   */
  loadForClient(name: string, override: LoadOverride | undefined): Promise<void> {
    return this.#inTurn('load', name, () =>
      this.#table.change(name, async (model) => {
        if (!override && (await this.#unchanged(model))) return;
        await this.#loadNow(model, override, false);
      }),
    );
  }

  /** An unload that a client asks for; resolves once the model serves no more, while its last requests still run. */
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

  /** Takes a model out of service; resolves once it is, while its last requests still run. */
  unload(name: string): Promise<void> {
    return this.#table.change(name, async (model) => this.#unloadNow(model));
  }

  /** Why our newest load of a model failed; undefined where it succeeded. */
  loadFailure(name: string): TritonLocalError | undefined {
    return this.#failures.get(name);
  }

  /** Unloads a model, and forgets it where its folder is gone. */
  remove(name: string): Promise<void> {
    return this.#table.change(name, async (model) => {
      this.#unloadNow(model);
      if (!(await listModelDirectories(this.#repository)).includes(name)) model.versions = new Map();
    });
  }

  #unloadNow(model: ModelEntry): void {
    model.pollFailure = '';
    model.stamp = undefined;
    model.latest = undefined;
    for (const entry of model.versions.values()) {
      const { loaded } = entry;
      entry.loaded = undefined;
      if (loaded) {
        this.#states.set(model, entry, 'UNLOADING', '');
        this.#retire(loaded, () => {
          if (!this.#table.isReplaced(model.name, entry))
            this.#states.set(model, entry, 'UNAVAILABLE', UNLOADED);
          this.#states.log('info', `successfully unloaded '${model.name}' version ${entry.version}`);
        });
      } else {
        this.#states.set(model, entry, 'UNAVAILABLE', UNLOADED);
      }
    }
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
    const unloadable = await this.#whyUnloadable(definition);
    if (unloadable) {
      this.#states.log('error', `failed to load '${name}': ${unloadable}`);
      if (ours && !model.latest) this.#states.failPoll(model, `Invalid argument: ${unloadable}`);
      throw new LoadError(
        `load failed for model '${name}': ${unloadable}\n`,
        400,
        invalidArgument(unloadable),
      );
    }
    await this.#bringUp(model, definition);
    model.stamp = stamp;
    model.pollFailure = '';
  }

  #pollFailed(name: string, error: unknown): LoadError {
    this.#states.log('error', `Poll failed for model directory '${name}': ${messageOf(error)}`);
    return new LoadError(`failed to load '${name}', failed to poll from model repository`, 500, error);
  }

  /** What keeps a readable model from being loaded at all. */
  async #whyUnloadable(definition: ModelDefinition): Promise<string | undefined> {
    const { name, config, versions } = definition;
    if (config.platform === 'ensemble') {
      try {
        await checkMembersExist(definition, this.#members);
        await this.#loadMembers(definition);
        checkEnsemble(definition, this.#members);
      } catch (error) {
        return messageOf(error);
      }
    }
    if (versions.length > 0) return undefined;
    return `at least one version must be available under the version policy of model '${name}'`;
  }

  /** The models of an ensemble are loaded with it, where they are not there yet. The check tells of their failures. */
  async #loadMembers({ config }: ModelDefinition): Promise<void> {
    const steps = config.ensemble_scheduling?.step ?? [];
    const names = [...new Set(steps.map(({ model_name }) => model_name))];
    await Promise.all(
      names.map(async (name) => {
        if (this.#table.names().includes(name)) await this.#table.change(name, async () => undefined);
        else await this.load(name).catch(() => undefined);
      }),
    );
  }

  async #bringUp(model: ModelEntry, definition: ModelDefinition): Promise<void> {
    const { name } = model;
    const wasServing = model.latest !== undefined;
    const old = model.versions;
    const next = new Map<string, VersionEntry>();
    for (const { version } of definition.versions) {
      const entry: VersionEntry = { version, state: 'LOADING', reason: '', loaded: undefined };
      next.set(version, entry);
      this.#states.log('info', `loading: ${name}:${version}`);
      if (!wasServing) this.#states.tell(model, entry);
    }
    if (!wasServing) model.versions = next;
    const failures = new Map<VersionEntry, unknown>();
    await Promise.all(
      definition.versions.map(async (version) => {
        const entry = next.get(version.version);
        if (!entry) return;
        try {
          entry.loaded = await loadVersion(definition, version, this.#backends, this.#members);
        } catch (error) {
          failures.set(entry, error);
        }
      }),
    );
    if (failures.size > 0) throw this.#giveUp(model, next, failures, wasServing);
    model.versions = next;
    model.latest = [...next.values()].at(-1)?.loaded;
    for (const entry of next.values()) this.#states.set(model, entry, 'READY', '');
    this.#states.log('info', `successfully loaded '${name}'`);
    for (const [version, entry] of old) this.#replace(model, version, entry, next);
  }

  /** Retires what served before; a version that is no longer served stays in the index as unloaded. */
  #replace(model: ModelEntry, version: string, old: VersionEntry, next: Map<string, VersionEntry>): void {
    const { loaded } = old;
    const gone = !next.has(version);
    if (gone && (loaded || old.reason === UNLOADED)) {
      next.set(version, old);
      model.versions = new Map([...next].sort(([a], [b]) => Number(a) - Number(b)));
      old.loaded = undefined;
      this.#states.set(model, old, 'UNAVAILABLE', UNLOADED);
    }
    if (loaded)
      this.#retire(loaded, () => {
        if (gone) this.#states.log('info', `successfully unloaded '${model.name}' version ${version}`);
      });
  }

  #giveUp(
    model: ModelEntry,
    next: ReadonlyMap<string, VersionEntry>,
    failures: ReadonlyMap<VersionEntry, unknown>,
    wasServing: boolean,
  ): LoadError {
    let clauses = '';
    model.stamp = undefined;
    for (const entry of next.values()) {
      const failed = failures.has(entry);
      const reason = failed ? this.#userPaths(reasonOf(failures.get(entry))) : UNLOADED;
      if (failed) {
        clauses += `version ${entry.version} is at UNAVAILABLE state: ${reason};\n`;
        this.#states.log('error', `failed to load '${model.name}' version ${entry.version}: ${reason}`);
      }
      const { loaded } = entry;
      entry.loaded = undefined;
      if (loaded) this.#retire(loaded, () => undefined);
      if (!wasServing) this.#states.set(model, entry, 'UNAVAILABLE', reason);
    }
    return new LoadError(`load failed for model '${model.name}': ${clauses}`, 400, [...failures.values()][0]);
  }

  #retire(loaded: LoadedVersion, then: () => void): void {
    const retired = loaded
      .retire()
      .catch((error: unknown) => this.#states.log('error', `while a model was let go: ${messageOf(error)}`))
      .then(() => {
        this.#retiring.delete(retired);
        then();
      });
    this.#retiring.add(retired);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Callers were served out before; a load or a request that hangs now ends with the threads of its backend.
    await within(
      this.#unloadAll().catch((error: unknown) => this.#states.log('error', messageOf(error))),
      END_LIMIT_MS,
    );
  }

  async #unloadAll(): Promise<void> {
    for (const name of this.#table.names()) await this.unload(name);
    await Promise.all(this.#retiring);
  }
}
