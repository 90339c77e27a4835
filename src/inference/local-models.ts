import type { ModelControlMode } from '../config/index.ts';
import { KServeError } from '../kserve/index.ts';
import type { ModelServer } from './backends/python/model-calls.ts';
import { withOverride } from './load-override.ts';
import type { LoadedVersion } from './loaded-version.ts';
import type { ModelControl } from './model-control.ts';
import type { ModelTable } from './model-table.ts';

/** This server as seen by its own models. */
export class LocalModels implements ModelServer {
  readonly #table: ModelTable;
  readonly #control: ModelControl;
  readonly #mode: ModelControlMode;

  constructor(table: ModelTable, control: ModelControl, mode: ModelControlMode) {
    this.#table = table;
    this.#control = control;
    this.#mode = mode;
  }

  ready(model: string, version: string): LoadedVersion | undefined {
    try {
      return this.#table.find(model, version === '' ? undefined : version);
    } catch (error) {
      if (error instanceof KServeError) return undefined;
      throw error;
    }
  }

  async load(model: string, parameters: ReadonlyMap<string, string>): Promise<void> {
    this.#requireExplicit();
    await withOverride(model, parameters, (override) => this.#control.loadForClient(model, override));
  }

  async unload(model: string): Promise<void> {
    this.#requireExplicit();
    await this.#control.unload(model);
  }

  /** Models have the same rights as clients. */
  #requireExplicit(): void {
    if (this.#mode !== 'explicit')
      throw new KServeError(
        'Unavailable',
        'explicit model load / unload is not allowed if polling is enabled',
      );
  }
}
