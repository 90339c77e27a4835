import type { ModelControlMode } from '../config/index.ts';
import { unavailable, unsupported } from '../kserve/index.ts';
import { checkModelName } from '../repository/index.ts';
import { LoadError } from './load-error.ts';
import { type OverrideParameters, withOverride } from './load-override.ts';
import type { ModelControl } from './model-control.ts';
import type { IndexEntry } from './model-table.ts';

/** Triton's repository extension as clients of both protocols, and models, use it. */
export class RepositoryApi {
  readonly #control: ModelControl;
  readonly #mode: ModelControlMode;

  constructor(control: ModelControl, mode: ModelControlMode) {
    this.#control = control;
    this.#mode = mode;
  }

  index(onlyReady: boolean): Promise<IndexEntry[]> {
    return this.#control.index(onlyReady);
  }

  /** @throws KServeError where clients may not load; LoadError where the load fails */
  async load(name: string, parameters: OverrideParameters): Promise<void> {
    this.#requireExplicit();
    checkName(name);
    await withOverride(name, parameters, (override) => this.#control.loadForClient(name, override));
  }

  /** @throws KServeError where clients may not unload */
  async unload(name: string): Promise<void> {
    this.#requireExplicit();
    await this.#control.unloadForClient(name);
  }

  #requireExplicit(): void {
    if (this.#mode !== 'explicit')
      throw unavailable('explicit model load / unload is not allowed if polling is enabled');
  }
}

/** Requests that name one of several repositories are refused. @throws KServeError */
export function refuseRepositoryName(name: string): void {
  if (name !== '') throw unsupported("'repository_name' specification is not supported");
}

/** As in Triton, a name that cannot be a folder's counts as a folder that does not exist. It never becomes part of a path. */
function checkName(name: string): void {
  try {
    checkModelName(name);
  } catch (error) {
    throw new LoadError(`failed to load '${name}', failed to poll from model repository`, 500, error);
  }
}
