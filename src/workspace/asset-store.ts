import path from 'node:path';
import { ownValue } from '../base/index.ts';
import type {
  AssetMarks,
  AzureState,
  CodeRecord,
  DataRecord,
  EnvironmentRecord,
  ModelRecord,
  ModelVersion,
  StoredEntry,
} from './azure-state.ts';
import { type ContentFile, ContentStore, type StoredContent } from './content-store.ts';
import type { StateFile } from './state-file.ts';
import { contentsOf, withoutUnusedAssets } from './unused-assets.ts';

/** What a registration says about a model; the workspace adds the rest. */
export type NewModel = Omit<ModelRecord, 'version' | 'createdTime' | keyof StoredEntry>;

/** Where content is kept: that of models, or the source directories and build contexts of v2. */
export type ContentKind = 'models' | 'codes';

/** The registered models, environments, code and data of a workspace, with their content. */
export class AssetStore {
  protected readonly state: StateFile;
  readonly #contents: Readonly<Record<ContentKind, ContentStore>>;

  /** @param directory the folder of content: `models/HASH/ENTRY`, `codes/HASH/ENTRY` */
  constructor(state: StateFile, directory: string) {
    this.state = state;
    const store = (kind: ContentKind) => new ContentStore(path.join(directory, kind));
    this.#contents = { models: store('models'), codes: store('codes') };
  }

  read(): Promise<AzureState> {
    return this.state.read();
  }

  /**
   * Copies a file or folder in and registers it under the given version, or otherwise the next one of its name. If the
   * version was registered by somebody else in the meantime, returns that one unchanged.
   */
  registerModel(model: NewModel, source: string, asked?: ModelVersion): Promise<ModelRecord> {
    return this.#register(model, path.basename(source), () => this.#contents.models.add(source), asked);
  }

  /**
   * Registers uploaded files as a model in the same way, without copying their bytes. An anonymous model takes the
   * place of the one with its version.
   * @throws CONTENT_UNUSABLE if they cannot be files of one folder here.
   */
  registerUpload(
    model: NewModel,
    entry: string,
    files: readonly ContentFile[],
    version: ModelVersion,
  ): Promise<ModelRecord> {
    return this.#register(model, entry, () => this.#contents.models.link(entry, files), version);
  }

  async #register(
    model: NewModel,
    entry: string,
    store: () => Promise<StoredContent>,
    asked: ModelVersion | undefined,
  ): Promise<ModelRecord> {
    const { hash, bytes } = await store();
    const { record, replaced } = await this.state.update(async (state) => {
      // The last other model with this content may have been removed in the meantime.
      if (!(await this.#contents.models.has(hash))) await store();
      const last = ownValue(state.lastVersions, model.name) ?? 0;
      const version = asked ?? last + 1;
      const same = state.models.find((it) => it.name === model.name && it.version === version);
      if (same && !model.isAnonymous) return { state, result: { record: same, replaced: undefined } };
      const createdTime = new Date().toISOString();
      const record: ModelRecord = { ...model, version, createdTime, entry, content: hash, bytes };
      const highest = typeof version === 'number' && !model.isAnonymous ? Math.max(last, version) : last;
      const lastVersions = { ...state.lastVersions, ...(highest > 0 && { [model.name]: highest }) };
      const models = [...state.models.filter((it) => it !== same), record];
      return { state: { ...state, models, lastVersions }, result: { record, replaced: same?.content } };
    });
    if (replaced !== undefined) await this.#removeUnused(replaced);
    return record;
  }

  /** The content hash of a model of this file or folder, which depends on names and bytes only. */
  contentHash(source: string): Promise<string> {
    return this.#contents.models.hashOf(source);
  }

  /** The content hash of uploaded files, likewise. @throws CONTENT_UNUSABLE if they cannot be stored here. */
  uploadHash(entry: string, files: readonly ContentFile[]): Promise<string> {
    return this.#contents.models.hashOfFiles(entry, files);
  }

  /** The path of the copy of a model's file or folder. */
  contentOf({ content, entry }: ModelRecord): string {
    return this.#contents.models.pathOf(content, entry);
  }

  /** Stores uploaded files as a source directory or build context, without copying their bytes. @throws CONTENT_UNUSABLE */
  async storeCode(entry: string, files: readonly ContentFile[]): Promise<StoredEntry> {
    const { hash, bytes } = await this.#contents.codes.link(entry, files);
    return { entry, content: hash, bytes };
  }

  /** The path of a source directory or build context. */
  codeOf({ content, entry }: StoredEntry): string {
    return this.#contents.codes.pathOf(content, entry);
  }

  /** The files of a stored entry; none if it is not there. */
  async filesOf(kind: ContentKind, content: string, entry: string): Promise<readonly ContentFile[]> {
    return (await this.#contents[kind].has(content)) ? this.#contents[kind].files(content, entry) : [];
  }

  /** Replaces a model's record with what `change` returns; undefined if there is no such model. */
  changeModel(id: string, change: (model: ModelRecord) => ModelRecord): Promise<ModelRecord | undefined> {
    return this.state.update((state) => {
      const found = state.models.find((model) => idOf(model) === id);
      if (!found) return { state, result: undefined };
      const result = change(found);
      return { state: { ...state, models: state.models.map((it) => (it === found ? result : it)) }, result };
    });
  }

  /** Removes a model, and its content unless another model shares it. */
  async removeModel(id: string): Promise<void> {
    const content = await this.state.update((state) => {
      const removed = state.models.find((model) => idOf(model) === id);
      const models = state.models.filter((model) => model !== removed);
      return { state: { ...state, models }, result: removed?.content };
    });
    if (content !== undefined) await this.#removeUnused(content);
  }

  /** Content is removed after the last record that names it, so that a crash never leaves a model without it. */
  #removeUnused(content: string): Promise<void> {
    return this.state.update(async (state) => {
      if (!contentsOf(state).models.has(content)) await this.#contents.models.remove(content);
      return { state, result: undefined };
    });
  }

  /**
   * Removes anonymous assets that no deployment names, and their content.
   * @param before ISO 8601: younger ones stay
   */
  async removeUnusedAssets(before: string): Promise<void> {
    const present = await this.read();
    if (withoutUnusedAssets(present, before) === present) return;
    const old = await this.state.update((state) => ({
      state: withoutUnusedAssets(state, before),
      result: contentsOf(state),
    }));
    await this.state.update(async (state) => {
      const used = contentsOf(state);
      for (const kind of ['models', 'codes'] as const)
        for (const content of old[kind])
          if (!used[kind].has(content)) await this.#contents[kind].remove(content);
      return { state, result: undefined };
    });
  }

  /** Registers an environment, replacing any with the same name and version. */
  putEnvironment(environment: EnvironmentRecord): Promise<void> {
    return this.#put('environments', environment);
  }

  /** Replaces a code version in the same way. */
  putCode(code: CodeRecord): Promise<void> {
    return this.#put('codes', code);
  }

  /** Replaces a data version in the same way. */
  putData(data: DataRecord): Promise<void> {
    return this.#put('data', data);
  }

  /** Removes a version of an environment or data asset. */
  removeVersion(kind: 'environments' | 'data', name: string, version: string): Promise<void> {
    return this.state.update((state) => {
      const kept = state[kind].filter((it) => it.name !== name || it.version !== version);
      return { state: { ...state, [kind]: kept }, result: undefined };
    });
  }

  #put<Kind extends 'environments' | 'codes' | 'data'>(
    kind: Kind,
    record: AzureState[Kind][number],
  ): Promise<void> {
    return this.state.update((state) => {
      const records: readonly AzureState[Kind][number][] = state[kind];
      const at = records.findIndex((it) => it.name === record.name && it.version === record.version);
      const changed = at < 0 ? [...records, record] : records.with(at, record);
      return { state: { ...state, [kind]: changed }, result: undefined };
    });
  }

  /** Changes the marks of a version, if there is one. */
  markVersion(
    kind: 'models' | 'environments',
    name: string,
    version: string,
    marks: AssetMarks,
  ): Promise<void> {
    const lastModifiedTime = new Date().toISOString();
    const mark = <Asset extends ModelRecord | EnvironmentRecord>(asset: Asset): Asset =>
      asset.name === name && String(asset.version) === version
        ? { ...asset, ...marks, lastModifiedTime }
        : asset;
    return this.state.update((state) => ({
      state: { ...state, [kind]: state[kind].map((asset) => mark(asset)) },
      result: undefined,
    }));
  }

  /** Archives or restores all versions of a name, such as `models/NAME`. */
  archiveName(name: string, isArchived: boolean): Promise<void> {
    return this.state.update((state) => {
      const others = state.archivedNames.filter((it) => it !== name);
      return {
        state: { ...state, archivedNames: isArchived ? [...others, name] : others },
        result: undefined,
      };
    });
  }
}

/** `NAME:VERSION`. */
export function idOf(model: Pick<ModelRecord, 'name' | 'version'>): string {
  return `${model.name}:${model.version}`;
}
