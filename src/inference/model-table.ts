import { Mutex } from '../base/index.ts';
import type { ModelState, ModelStatus } from '../events/index.ts';
import { notFound, unavailable } from '../kserve/index.ts';
import type { MemberFailure } from './ensemble/ensemble-check.ts';
import type { LoadedVersion } from './loaded-version.ts';

export interface VersionEntry {
  readonly version: string;
  state: ModelState;
  reason: string;
  loaded: LoadedVersion | undefined;
}

export interface ModelEntry {
  readonly name: string;
  /** Held while the model is loaded or unloaded. */
  readonly mutex: Mutex;
  /** Number of tasks that hold the mutex or wait for it. */
  changes: number;
  versions: Map<string, VersionEntry>;
  /** The highest version that is serving. */
  latest: LoadedVersion | undefined;
  /** Why we could not read the folder, if no version of the model is served; otherwise empty. */
  pollFailure: string;
  /** The members of an ensemble, with the versions against which it was last checked; empty for other models. */
  members: ReadonlyMap<string, readonly LoadedVersion[]>;
  /** The folder's state at the last successful load; undefined after a failed load or an override. */
  stamp: string | undefined;
}

/** An entry of the repository index. */
export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state?: ModelState;
  readonly reason?: string;
}

/** The reason of a version that was unloaded on purpose, which does not affect readiness. */
export const UNLOADED = 'unloaded';

/** The models in memory: which versions are serving, loading or failed, and why. `ModelControl` changes it. */
export class ModelTable {
  readonly #models = new Map<string, ModelEntry>();

  /**
   * The version that a request is for; if it names none, the highest that is serving.
   * @throws KServeError with Triton's lookup errors (docs/reference/triton.md#lookup-and-framing)
   */
  find(name: string, version: string | undefined): LoadedVersion {
    const model = this.#models.get(name);
    if (version === undefined && model?.latest) return model.latest;
    if (!model || model.versions.size === 0)
      throw notFound(`Request for unknown model: '${name}' is not found`);
    if (version === undefined)
      throw notFound(`Request for unknown model: '${name}' has no available versions`);
    const entry = model.versions.get(version);
    if (!entry) throw notFound(`Request for unknown model: '${name}' version ${version} is not found`);
    if (!entry.loaded || entry.state !== 'READY')
      throw unavailable(`Request for unknown model: '${name}' version ${version} is not at ready state`);
    return entry.loaded;
  }

  /** The serving versions of a model, ascending; empty for an unknown model. */
  readyVersions(name: string): LoadedVersion[] {
    const versions = this.#models.get(name)?.versions.values() ?? [];
    return [...versions].flatMap(({ loaded, state }) => (loaded && state === 'READY' ? [loaded] : []));
  }

  /** Why no version of a model is served although a load was tried; undefined if none failed. */
  loadFailure(name: string): MemberFailure | undefined {
    const model = this.#models.get(name);
    if (!model) return undefined;
    if (model.pollFailure !== '')
      return { stage: 'invalid', reason: model.pollFailure.replace(/^Invalid argument: /, '') };
    const failed = [...model.versions.values()].filter(({ reason }) => reason !== '' && reason !== UNLOADED);
    if (failed.length === 0) return undefined;
    const clauses = failed.map(
      ({ version, reason }) => `version ${version} is at UNAVAILABLE state: ${reason};`,
    );
    return { stage: 'loading', reason: clauses.join(' ') };
  }

  names(): string[] {
    return [...this.#models.keys()].sort();
  }

  /** False while any version is unavailable because of a failure, as in Triton's strict readiness. */
  get ready(): boolean {
    for (const { versions, pollFailure } of this.#models.values()) {
      if (pollFailure !== '') return false;
      for (const { state, reason } of versions.values())
        if (state === 'UNAVAILABLE' && reason !== UNLOADED) return false;
    }
    return true;
  }

  /** The status of every version, by name. */
  statuses(): readonly ModelStatus[] {
    const statuses: ModelStatus[] = [];
    for (const { name, versions, pollFailure } of this.#models.values()) {
      if (pollFailure !== '') statuses.push({ name, version: '', state: 'UNAVAILABLE', reason: pollFailure });
      else
        for (const { version, state, reason } of versions.values())
          statuses.push({ name, version, state, reason });
    }
    return statuses.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  }

  /** The repository index: the folders on disk, in order, and what is known about each. */
  index(folders: readonly string[], onlyReady: boolean): IndexEntry[] {
    const entries: IndexEntry[] = [];
    for (const name of [...folders].sort()) {
      const versions = [...(this.#models.get(name)?.versions.values() ?? [])];
      if (versions.length === 0 && !onlyReady) entries.push({ name });
      for (const { version, state, reason } of versions)
        if (!onlyReady || state === 'READY')
          entries.push({ name, version, state, ...(reason === '' ? {} : { reason }) });
    }
    return entries;
  }

  /** Whether a later load has replaced this entry. */
  isReplaced(name: string, entry: VersionEntry): boolean {
    const current = this.#models.get(name)?.versions.get(entry.version);
    return current !== undefined && current !== entry;
  }

  /** The ensembles that this model is a member of. */
  ensemblesOf(member: string): ModelEntry[] {
    return [...this.#models.values()].filter(({ name, members }) => name !== member && members.has(member));
  }

  /**
   * Runs the loads and unloads of a model one at a time, in order of arrival. An entry without versions or a failure is
   * removed once no other task waits for it.
   */
  async change<T>(name: string, task: (model: ModelEntry) => Promise<T>): Promise<T> {
    const model = this.#entry(name);
    model.changes += 1;
    try {
      return await model.mutex.run(() => task(model));
    } finally {
      model.changes -= 1;
      if (model.changes === 0 && model.versions.size === 0 && model.pollFailure === '')
        this.#models.delete(name);
    }
  }

  #entry(name: string): ModelEntry {
    let model = this.#models.get(name);
    if (!model) {
      model = {
        name,
        mutex: new Mutex(),
        changes: 0,
        versions: new Map(),
        latest: undefined,
        pollFailure: '',
        members: new Map(),
        stamp: undefined,
      };
      this.#models.set(name, model);
    }
    return model;
  }
}
