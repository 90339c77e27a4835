import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemError, userError } from '../base/index.ts';
import { AssetStore } from './asset-store.ts';
import type { ComputeRecord, EndpointRecord, OperationRecord, ServiceRecord } from './azure-state.ts';
import { StateFile } from './state-file.ts';

/** The folder of endpoints, beside those of services. */
export const ENDPOINTS = 'endpoints/';

/**
 * Registered models, environments and code, and deployed services. Several processes may use it at once.
 *
 * `FILE.json` holds the state; the folder `FILE` beside it holds the content: `models/HASH/ENTRY`, `codes/HASH/ENTRY`,
 * and for each service `services/NAME/REVISION` and its keys.
 */
export class AzureWorkspace extends AssetStore {
  readonly #directory: string;

  private constructor(file: string) {
    const directory = file.slice(0, -path.extname(file).length);
    super(new StateFile(file), directory);
    this.#directory = directory;
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
    return this.state.file;
  }

  /** Replaces a service's record with what `change` returns; removes it if that is undefined. */
  changeService(
    name: string,
    change: (service: ServiceRecord | undefined) => ServiceRecord | undefined,
  ): Promise<void> {
    return this.state.update((state) => ({
      state: { ...state, services: changeNamed(state.services, name, change) },
      result: undefined,
    }));
  }

  /** Replaces an endpoint's record, including its deployments, in the same way. */
  changeEndpoint(
    name: string,
    change: (endpoint: EndpointRecord | undefined) => EndpointRecord | undefined,
  ): Promise<void> {
    return this.state.update((state) => ({
      state: { ...state, endpoints: changeNamed(state.endpoints, name, change) },
      result: undefined,
    }));
  }

  /** Replaces a compute's record, or removes it, in the same way. */
  changeCompute(
    name: string,
    change: (compute: ComputeRecord | undefined) => ComputeRecord | undefined,
  ): Promise<void> {
    return this.state.update((state) => ({
      state: { ...state, computes: changeNamed(state.computes, name, change) },
      result: undefined,
    }));
  }

  /** Replaces the list of long-running operations. */
  changeOperations(
    change: (operations: readonly OperationRecord[]) => readonly OperationRecord[],
  ): Promise<void> {
    return this.state.update((state) => ({
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
