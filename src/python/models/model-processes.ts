import type { WorkerProcessOptions } from '../worker-process.ts';
import { ModelProcess } from './model-process.ts';

/** Libraries that nearly every model imports, and that take most of the time of a start. */
const PRELOADED = ['numpy', 'json', 'asyncio'];

/**
 * Starts the processes of Python models. One spare, with the usual libraries imported, stands ready once the first
 * model has asked for a process: that is most of what a reload would wait for.
 */
export class ModelProcesses implements AsyncDisposable {
  readonly #options: WorkerProcessOptions;
  #spare: ModelProcess | undefined;
  #wantsSpare = false;
  #disposed = false;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
  }

  take(): ModelProcess {
    const spare = this.#spare;
    this.#spare = undefined;
    this.#wantsSpare = true;
    return spare?.isAlive ? spare : new ModelProcess(this.#options);
  }

  /** Has a spare ready for the next `take`. Called when a start is over, since a start needs the processor more. */
  refill(): void {
    if (this.#disposed || !this.#wantsSpare || this.#spare?.isAlive) return;
    this.#spare = new ModelProcess(this.#options);
    void this.#spare.preload(PRELOADED);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    await this.#spare?.[Symbol.asyncDispose]();
    this.#spare = undefined;
  }
}
