import { within } from '../base/index.ts';
import type { ModelConfig } from '../repository/index.ts';
import { type ModelSignature, signatureOf } from './model-signature.ts';
import type { RequestScheduler } from './scheduling/request-scheduler.ts';
import type { ModelStatistics } from './statistics.ts';

export interface LoadedVersionParts {
  readonly version: string;
  /** After auto-complete. */
  readonly config: ModelConfig;
  /** By output. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly statistics: ModelStatistics;
  readonly scheduler: RequestScheduler;
  /** Releases the backend's resources. */
  readonly dispose: () => Promise<void>;
}

/** How long a hanging request may keep a replaced version in memory. */
const DRAIN_LIMIT_MS = 300_000;

/** One version of a model in memory, with everything needed to answer. */
export class LoadedVersion {
  readonly version: string;
  readonly config: ModelConfig;
  readonly signature: ModelSignature;
  readonly scheduler: RequestScheduler;
  readonly statistics: ModelStatistics;
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly #dispose: () => Promise<void>;
  #holders = 0;
  #onReleased: (() => void) | undefined;
  #onAbandoned: (() => void) | undefined;
  readonly #abandoned = new Promise<void>((resolve) => {
    this.#onAbandoned = resolve;
  });

  constructor({ version, config, labels, statistics, scheduler, dispose }: LoadedVersionParts) {
    this.version = version;
    this.config = config;
    this.labels = labels;
    this.signature = signatureOf(config);
    this.statistics = statistics;
    this.scheduler = scheduler;
    this.#dispose = dispose;
  }

  /** The configuration's platform or, without one, its backend. */
  get platform(): string {
    return this.config.platform || this.config.backend;
  }

  /** Keeps it serving until `release`, because an ensemble uses it. */
  hold(): void {
    this.#holders += 1;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#onReleased?.();
  }

  /** Accepts nothing more, answers what it has accepted within a few minutes, and then releases the model. */
  async retire(): Promise<void> {
    await Promise.race([within(this.#finish(), DRAIN_LIMIT_MS), this.#abandoned]);
    await this.#dispose();
  }

  /** Releases the model now, so that running requests fail. For a version that is being retired. */
  abandon(): void {
    this.#onAbandoned?.();
  }

  async #finish(): Promise<void> {
    if (this.#holders > 0)
      await new Promise<void>((resolve) => {
        this.#onReleased = resolve;
      });
    await this.scheduler.drain();
  }
}
