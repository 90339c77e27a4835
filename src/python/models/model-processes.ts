import type { WorkerProcessOptions } from '../worker-process.ts';
import { ModelProcess } from './model-process.ts';

/** Libraries that nearly every model imports and that take most of a start's time. */
const PRELOADED = ['numpy', 'json', 'asyncio'];

/**
 * Starts the processes of Python models. After the first start it keeps one spare that has imported the usual
 * libraries, which is most of what a reload would wait for.
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

  /** Starts a spare for the next `take`. Call it after a start, which needs the processor more. */
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
