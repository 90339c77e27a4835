import { messageOf, within } from '../base/index.ts';
import type { ModelDefinition } from '../repository/index.ts';
import { LoadError } from './load-error.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { type LoadContext, loadVersion, reasonOf } from './model-loader.ts';
import type { ModelStates } from './model-states.ts';
import { type ModelEntry, type ModelTable, UNLOADED, type VersionEntry } from './model-table.ts';

/** How long the last requests may delay disposal. */
const END_LIMIT_MS = 5_000;

/**
 * The loaded versions of models. A load brings up the new versions beside the old ones and switches when all are
 * loaded; the old ones answer what they have accepted and are then released.
 */
export class ModelVersions {
  readonly #table: ModelTable;
  readonly #states: ModelStates;
  readonly #context: LoadContext;
  readonly #userPaths: (text: string) => string;
  readonly #retiring = new Map<LoadedVersion, Promise<void>>();

  /** @param userPaths translates staged paths in texts into the user's paths. */
  constructor(
    table: ModelTable,
    states: ModelStates,
    context: LoadContext,
    userPaths: (text: string) => string,
  ) {
    this.#table = table;
    this.#states = states;
    this.#context = context;
    this.#userPaths = userPaths;
  }

  /**
   * Loads the versions of `definition` and switches to them once all are loaded.
   * @throws LoadError with Triton's text for each version that failed; the previous versions keep serving.
   */
  async replace(model: ModelEntry, definition: ModelDefinition): Promise<void> {
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
          entry.loaded = await loadVersion(definition, version, this.#context);
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
    for (const [version, entry] of old) this.#retireOld(model, version, entry, next);
  }

  /** Retires the previous versions; a version that is no longer served stays in the index as unloaded. */
  #retireOld(model: ModelEntry, version: string, old: VersionEntry, next: Map<string, VersionEntry>): void {
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
      .catch((error: unknown) => this.#states.log('error', `while a model was released: ${messageOf(error)}`))
      .then(() => {
        this.#retiring.delete(loaded);
        then();
      });
    this.#retiring.set(loaded, retired);
  }

  /** Takes a model out of service at once; its last requests still run. */
  unload(model: ModelEntry): void {
    model.pollFailure = '';
    model.stamp = undefined;
    model.latest = undefined;
    model.members = new Map();
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

  /**
   * Waits for `unloaded` and for the last requests of the versions that it took out of service. Hanging requests are
   * abandoned, and end with the processes and threads of their backend.
   */
  async drain(unloaded: Promise<unknown>): Promise<void> {
    const drained = unloaded
      .then(() => Promise.all(this.#retiring.values()))
      .catch((error: unknown) => this.#states.log('error', messageOf(error)));
    if (await within(drained, END_LIMIT_MS)) return;
    for (const loaded of this.#retiring.keys()) loaded.abandon();
    await within(Promise.all(this.#retiring.values()), END_LIMIT_MS);
  }
}
