import type { Worker } from './worker.ts';

/** gunicorn checks as often. */
const CHECK_INTERVAL_MS = 1_000;

/**
 * Ends workers whose `run()` does not return within WORKER_TIMEOUT, even if C code holds the interpreter. It checks at
 * intervals, so that it costs a request nothing.
 */
export class HangWatch implements Disposable {
  readonly #workers: Iterable<Worker>;
  readonly #limitMs: number;
  readonly #timer: NodeJS.Timeout | undefined;

  /** @param limitMs 0 for no limit */
  constructor(workers: Iterable<Worker>, limitMs: number) {
    this.#workers = workers;
    this.#limitMs = limitMs;
    if (limitMs > 0)
      this.#timer = setInterval(() => this.#check(), Math.min(CHECK_INTERVAL_MS, limitMs)).unref();
  }

  #check(): void {
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
