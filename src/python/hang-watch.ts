import type { Worker } from './worker.ts';

/** gunicorn looks as often. */
const LOOK_EVERY_MS = 1_000;

/**
 * Ends workers whose `run()` does not return within WORKER_TIMEOUT, also where it holds the interpreter in C code.
 * It looks now and then, so that a request pays nothing for it.
 */
export class HangWatch implements Disposable {
  readonly #workers: Iterable<Worker>;
  readonly #limitMs: number;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param limitMs 0 is no limit */
  constructor(workers: Iterable<Worker>, limitMs: number) {
    this.#workers = workers;
    this.#limitMs = limitMs;
    if (limitMs > 0) this.#timer = setInterval(() => this.#look(), Math.min(LOOK_EVERY_MS, limitMs)).unref();
  }

  #look(): void {
    const now = performance.now();
    for (const worker of this.#workers) {
      if (worker.busySince !== undefined && now - worker.busySince > this.#limitMs)
        worker.abort(this.#limitMs);
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
