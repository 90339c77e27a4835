import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, ownValue, systemError, userError } from '../base/index.ts';
import type {
  AzureState,
  EndpointRecord,
  EnvironmentRecord,
  ModelRecord,
  ModelVersion,
  ServiceRecord,
} from './azure-state.ts';
import { ContentStore } from './content-store.ts';
import { StateFile } from './state-file.ts';

/** How the folders of endpoints are named beside those of services. */
export const ENDPOINTS = 'endpoints/';

/** What a registration says of a model; the rest is given by the workspace. */
export type NewModel = Omit<ModelRecord, 'version' | 'createdTime' | 'entry' | 'content' | 'bytes'>;

/**
 * Registered models and environments, and deployed services. Any number of processes may use it at once.
 *
 * `FILE.json` has the state, the folder `FILE` beside it the content: `models/HASH/ENTRY`, and for each service
 * `services/NAME/REVISION` and its keys.
 */
export class AzureWorkspace {
  readonly #state: StateFile;
  readonly #directory: string;
  readonly #contents: ContentStore;

  private constructor(file: string) {
    this.#state = new StateFile(file);
    this.#directory = file.slice(0, -path.extname(file).length);
    this.#contents = new ContentStore(path.join(this.#directory, 'models'));
  }

  /**
   * Opens a workspace, and makes it where it is not there yet, for its owner only.
   * @throws WORKSPACE_UNUSABLE where it cannot be made, WORKSPACE_UNREADABLE where it is damaged.
   */
  static async open(file: string): Promise<AzureWorkspace> {
    if (path.extname(file) !== '.json')
      throw userError('CONFIG_INVALID', `a workspace is a .json file, not ${file}`);
    const workspace = new AzureWorkspace(path.resolve(file));
    try {
      await mkdir(workspace.#directory, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw systemError('WORKSPACE_UNUSABLE', `the workspace ${file} cannot be used: ${messageOf(cause)}`, {
        hint: 'give a file in a folder that you may write to',
        cause,
      });
    }
    await workspace.read();
    return workspace;
  }

  get file(): string {
    return this.#state.file;
  }

  read(): Promise<AzureState> {
    return this.#state.read();
  }

  /**
   * Copies a file or folder in and registers it: as the version that is asked for, else as the next one of its name.
   * A version that somebody else has registered meanwhile is left as it is, and given.
   */
  async registerModel(model: NewModel, source: string, asked?: ModelVersion): Promise<ModelRecord> {
    const { hash, bytes } = await this.#contents.add(source);
    return this.#state.update(async (state) => {
      // Somebody may have removed the last other model with this content meanwhile.
      if (!(await this.#contents.has(hash))) await this.#contents.add(source);
      const last = ownValue(state.lastVersions, model.name) ?? 0;
      const version = asked ?? last + 1;
      const same = state.models.find((it) => it.name === model.name && it.version === version);
      if (same) return { state, result: same };
      const createdTime = new Date().toISOString();
      const record = { ...model, version, createdTime, entry: path.basename(source), content: hash, bytes };
      const highest = typeof version === 'number' ? Math.max(last, version) : last;
      const lastVersions = { ...state.lastVersions, [model.name]: highest };
      return { state: { ...state, models: [...state.models, record], lastVersions }, result: record };
    });
  }

  /** The content that a model of this file or folder has: the same for the same names and bytes. */
  contentHash(source: string): Promise<string> {
    return this.#contents.hashOf(source);
  }

  /** Where the copy of a model's file or folder lies. */
  contentOf({ content, entry }: ModelRecord): string {
    return this.#contents.pathOf(content, entry);
  }

  /** Replaces a model's record by what `change` makes of it; undefined where there is no such model. */
  changeModel(id: string, change: (model: ModelRecord) => ModelRecord): Promise<ModelRecord | undefined> {
    return this.#state.update((state) => {
      const found = state.models.find((model) => idOf(model) === id);
      if (!found) return { state, result: undefined };
      const result = change(found);
      return { state: { ...state, models: state.models.map((it) => (it === found ? result : it)) }, result };
    });
  }

  /** Removes a model, and its content where no other model has the same. */
  async removeModel(id: string): Promise<void> {
    const content = await this.#state.update((state) => {
      const removed = state.models.find((model) => idOf(model) === id);
      const models = state.models.filter((model) => model !== removed);
      return { state: { ...state, models }, result: removed?.content };
    });
    if (content === undefined) return;
    // Only now: no crash may leave a model without its content.
    await this.#state.update(async (state) => {
      const isUsed = state.models.some((model) => model.content === content);
      if (!isUsed) await this.#contents.remove(content);
      return { state, result: undefined };
    });
  }

  /** Registers an environment; the same name and version replaces what was there. */
  putEnvironment(environment: EnvironmentRecord): Promise<void> {
    return this.#state.update((state) => {
      const { name, version } = environment;
      const others = state.environments.filter((it) => it.name !== name || it.version !== version);
      return { state: { ...state, environments: [...others, environment] }, result: undefined };
    });
  }

  /** Replaces a service's record by what `change` makes of it; removes it where `change` says undefined. */
  changeService(
    name: string,
    change: (service: ServiceRecord | undefined) => ServiceRecord | undefined,
  ): Promise<void> {
    return this.#state.update((state) => ({
      state: { ...state, services: changeNamed(state.services, name, change) },
      result: undefined,
    }));
  }

  /** Replaces an endpoint's record, with its deployments, in the same way. */
  changeEndpoint(
    name: string,
    change: (endpoint: EndpointRecord | undefined) => EndpointRecord | undefined,
  ): Promise<void> {
    return this.#state.update((state) => ({
      state: { ...state, endpoints: changeNamed(state.endpoints, name, change) },
      result: undefined,
    }));
  }

  /**
   * The folder of a service, or of an endpoint (`endpoints/NAME`) or its deployment (`endpoints/NAME/DEPLOYMENT`); each
   * attempt to deploy has one of its own below it, named by its number.
   */
  serviceDirectory(name: string, revision?: number): string {
    const parts = name.startsWith(ENDPOINTS) ? [] : ['services'];
    const directory = path.join(this.#directory, ...parts, ...name.split('/'));
    return revision === undefined ? directory : path.join(directory, String(revision));
  }

  /** The file of a service's keys. */
  keyFile(name: string): string {
    return path.join(this.serviceDirectory(name), 'keys.json');
  }

  /** The events of one attempt to deploy a service; they outlive a failed one. */
  eventLog(name: string, revision: number): string {
    return path.join(this.serviceDirectory(name), 'logs', `${revision}.jsonl`);
  }

  async removeServiceFiles(name: string, revision?: number): Promise<void> {
    await rm(this.serviceDirectory(name, revision), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The others, and what `change` makes of the one of this name, as the newest. */
function changeNamed<Record extends { readonly name: string }>(
  records: readonly Record[],
  name: string,
  change: (record: Record | undefined) => Record | undefined,
): readonly Record[] {
  const changed = change(records.find((record) => record.name === name));
  const others = records.filter((record) => record.name !== name);
  return changed ? [...others, changed] : others;
}

/** `NAME:VERSION`. */
export function idOf(model: Pick<ModelRecord, 'name' | 'version'>): string {
  return `${model.name}:${model.version}`;
}
