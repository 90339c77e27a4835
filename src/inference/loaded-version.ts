import { within } from '../base/index.ts';
import type { ModelConfig } from '../repository/index.ts';
import type { BackendModel } from './backends/backend.ts';
import { type ModelSignature, signatureOf } from './model-signature.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { ModelStatistics } from './statistics.ts';

/** How long a request that hangs may keep a replaced version in memory. */
const DRAIN_LIMIT_MS = 300_000;

/** One version of a model in memory with all it needs to answer. */
export class LoadedVersion {
  readonly version: string;
  readonly config: ModelConfig;
  readonly signature: ModelSignature;
  readonly scheduler: Scheduler;
  readonly statistics = new ModelStatistics();
  /** Labels by output. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly #model: BackendModel;

  constructor(version: string, model: BackendModel, labels: ReadonlyMap<string, readonly string[]>) {
    this.version = version;
    this.#model = model;
    this.config = model.config;
    this.labels = labels;
    this.signature = signatureOf(model.config);
    this.scheduler = new Scheduler(model.config, model.instances, this.statistics);
  }

  /** What serves: the configuration's platform, or its backend where there is none. */
  get platform(): string {
    return this.config.platform || this.config.backend;
  }

  /** Answers what it has accepted within the limit, takes no more, and lets go of the model. */
  async retire(): Promise<void> {
    await within(this.scheduler.drain(), DRAIN_LIMIT_MS);
    await this.#model[Symbol.asyncDispose]();
  }
}
