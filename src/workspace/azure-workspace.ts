import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, ownValue, systemError, userError } from '../base/index.ts';
import type {
  AzureState,
  EndpointRecord,
  EnvironmentRecord,
  ModelRecord,
  ModelVersion,
  OperationRecord,
  ServiceRecord,
} from './azure-state.ts';
import { ContentStore } from './content-store.ts';
import { StateFile } from './state-file.ts';

/** The folder of endpoints, beside those of services. */
export const ENDPOINTS = 'endpoints/';

/** What a registration says about a model; the workspace adds the rest. */
export type NewModel = Omit<ModelRecord, 'version' | 'createdTime' | 'entry' | 'content' | 'bytes'>;

/**
 * Registered models and environments, and deployed services. Several processes may use it at once.
 *
 * `FILE.json` holds the state; the folder `FILE` beside it holds the content: `models/HASH/ENTRY`, and for each service
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
   * Opens a workspace, creating it if needed, readable by its owner only.
   * @throws WORKSPACE_UNUSABLE if it cannot be created, WORKSPACE_UNREADABLE if it is damaged.
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
   * Copies a file or folder in and registers it under the given version, or otherwise the next one of its name. If the
   * version was registered by somebody else in the meantime, returns that one unchanged.
   */
  async registerModel(model: NewModel, source: string, asked?: ModelVersion): Promise<ModelRecord> {
    const { hash, bytes } = await this.#contents.add(source);
    return this.#state.update(async (state) => {
      // The last other model with this content may have been removed in the meantime.
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

  /** The content hash of a model of this file or folder, which depends on names and bytes only. */
  contentHash(source: string): Promise<string> {
    return this.#contents.hashOf(source);
  }

  /** The path of the copy of a model's file or folder. */
  contentOf({ content, entry }: ModelRecord): string {
    return this.#contents.pathOf(content, entry);
  }

  /** Replaces a model's record with what `change` returns; undefined if there is no such model. */
  changeModel(id: string, change: (model: ModelRecord) => ModelRecord): Promise<ModelRecord | undefined> {
    return this.#state.update((state) => {
      const found = state.models.find((model) => idOf(model) === id);
      if (!found) return { state, result: undefined };
      const result = change(found);
      return { state: { ...state, models: state.models.map((it) => (it === found ? result : it)) }, result };
    });
  }

  /** Removes a model, and its content unless another model shares it. */
  async removeModel(id: string): Promise<void> {
    const content = await this.#state.update((state) => {
      const removed = state.models.find((model) => idOf(model) === id);
      const models = state.models.filter((model) => model !== removed);
      return { state: { ...state, models }, result: removed?.content };
    });
    if (content === undefined) return;
    // Content is removed last, so that a crash never leaves a model without it.
    await this.#state.update(async (state) => {
      const isUsed = state.models.some((model) => model.content === content);
      if (!isUsed) await this.#contents.remove(content);
      return { state, result: undefined };
    });
  }

  /** Registers an environment, replacing any with the same name and version. */
  putEnvironment(environment: EnvironmentRecord): Promise<void> {
    return this.#state.update((state) => {
      const { name, version } = environment;
      const others = state.environments.filter((it) => it.name !== name || it.version !== version);
      return { state: { ...state, environments: [...others, environment] }, result: undefined };
    });
  }

  /** Replaces a service's record with what `change` returns; removes it if that is undefined. */
  changeService(
    name: string,
    change: (service: ServiceRecord | undefined) => ServiceRecord | undefined,
  ): Promise<void> {
    return this.#state.update((state) => ({
      state: { ...state, services: changeNamed(state.services, name, change) },
      result: undefined,
    }));
  }

  /** Replaces an endpoint's record, including its deployments, in the same way. */
  changeEndpoint(
    name: string,
    change: (endpoint: EndpointRecord | undefined) => EndpointRecord | undefined,
  ): Promise<void> {
    return this.#state.update((state) => ({
      state: { ...state, endpoints: changeNamed(state.endpoints, name, change) },
      result: undefined,
    }));
  }

  /** Replaces the list of long-running operations. */
  changeOperations(
    change: (operations: readonly OperationRecord[]) => readonly OperationRecord[],
  ): Promise<void> {
    return this.#state.update((state) => ({
      state: { ...state, operations: change(state.operations) },
      result: undefined,
    }));
  }

  /**
   * The folder of a service, of an endpoint (`endpoints/NAME`) or of its deployment (`endpoints/NAME/DEPLOYMENT`). Each
   * deployment attempt has a subfolder named by its number.
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

  /** The event log of one attempt to deploy a service; it is kept if the attempt fails. */
  eventLog(name: string, revision: number): string {
    return path.join(this.serviceDirectory(name), 'logs', `${revision}.jsonl`);
  }

  async removeServiceFiles(name: string, revision?: number): Promise<void> {
    await rm(this.serviceDirectory(name, revision), { recursive: true, force: true, maxRetries: 3 });
  }
}

/** The list with the item of this name replaced by what `change` returns, as the newest. */
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
