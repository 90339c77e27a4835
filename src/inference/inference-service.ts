import type { ModelControlMode } from '../config/index.ts';
import { HeldBytes } from './held-bytes.ts';
import type { LogSettings } from './log-settings.ts';
import type { ModelControl } from './model-control.ts';
import type { ModelTable } from './model-table.ts';
import { RepositoryApi } from './repository-api.ts';
import { SharedMemoryRegions } from './shared-memory.ts';
import { TraceSettings } from './trace-settings.ts';
import type { TritonSettings } from './triton-arguments.ts';

export interface InferenceServiceOptions {
  readonly models: ModelTable;
  readonly control: ModelControl;
  readonly modelControlMode: ModelControlMode;
  readonly version: string;
  readonly settings: TritonSettings;
  readonly logSettings: LogSettings;
}

/** The state that HTTP and gRPC share. Both listeners only translate: a change through one is visible through the other. */
export class InferenceService implements Disposable {
  readonly models: ModelTable;
  readonly repository: RepositoryApi;
  readonly version: string;
  readonly settings: TritonSettings;
  readonly logSettings: LogSettings;
  readonly traceSettings = new TraceSettings();
  readonly regions = new SharedMemoryRegions();
  readonly held = new HeldBytes();

  constructor(options: InferenceServiceOptions) {
    this.models = options.models;
    this.repository = new RepositoryApi(options.control, options.modelControlMode);
    this.version = options.version;
    this.settings = options.settings;
    this.logSettings = options.logSettings;
  }

  /** Whether the server counts as ready: with strict readiness, only while no model is down by a failure. */
  get isReady(): boolean {
    return this.models.ready || !this.settings.strictReadiness;
  }

  [Symbol.dispose](): void {
    this.regions[Symbol.dispose]();
  }
}
