import { systemError } from '../base/index.ts';
import type { ScorePool } from '../python/index.ts';

/** How long requests accepted by a replaced generation may take before its workers are stopped. */
const DRAIN_LIMIT_MS = 300_000;

/** Starts one generation of workers; rejects if the script does not come up or `signal` aborts. */
export type StartGeneration = (generation: number, signal: AbortSignal) => Promise<ScorePool>;

/**
 * The script's generations: one serves, the next warms beside it and takes over only when it is ready, and replaced
 * ones finish what they accepted. Numbers increase with every attempt, so a number identifies one set of workers.
 */
export class Generations implements AsyncDisposable {
  readonly #start: StartGeneration;
  readonly #retiring = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  #attempts = 0;
  #current: ScorePool | undefined;
  #failure: string | undefined;

  constructor(start: StartGeneration) {
    this.#start = start;
  }

  /** The generation that is serving; undefined until a script has come up. */
  get current(): ScorePool | undefined {
    return this.#current;
  }

  /** Why the script's first start failed; undefined once any generation serves. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Records that the first generation did not come up, so that requests are answered with the reason. */
  noteStartFailure(message: string): void {
    this.#failure = message;
  }

  get serving(): number {
    return this.#current?.generation ?? 0;
  }

  /**
   * Brings up the next generation and, once it is warm and `maySwitch` resolves with true, switches to it; the previous
   * one drains. `onSwitched` is called when new requests begin to reach the new code.
   * @throws the script's failure; the old generation then keeps serving.
   */
  async swap(signal: AbortSignal, maySwitch: () => Promise<boolean>, onSwitched: () => void): Promise<void> {
    this.#attempts += 1;
    const next = await this.#start(this.#attempts, AbortSignal.any([signal, this.#ended.signal]));
    if (!(await maySwitch()) || this.#ended.signal.aborted) {
      await next[Symbol.asyncDispose]();
      return;
    }
    const previous = this.#current;
    this.#current = next;
    this.#failure = undefined;
    onSwitched();
    if (previous) await this.#retire(previous, signal);
  }

  /**
   * Lets a replaced generation answer what it accepted; its processes end some time after that. A reload waits for
   * this, so that nothing old answers once it has completed. A newer save must not wait for a slow request, so its
   * signal ends the wait, but not the requests.
   */
  async #retire(pool: ScorePool, signal: AbortSignal): Promise<void> {
    const drained = Promise.race([pool.drain(DRAIN_LIMIT_MS), aborted(this.#ended.signal)]);
    const gone = drained.then(() => pool[Symbol.asyncDispose]()).finally(() => this.#retiring.delete(gone));
    this.#retiring.add(gone);
    await Promise.race([drained, aborted(signal)]);
  }

  /** Ends every generation, including the warming one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(systemError('STOPPING', 'the emulator is stopping'));
    await Promise.allSettled([...this.#retiring, this.#current?.[Symbol.asyncDispose]()]);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
