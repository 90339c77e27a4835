import { messageOf, systemError } from './errors.ts';

interface Part {
  readonly name: string;
  readonly dispose: () => unknown;
}

/**
 * A stack of started things that are undone in reverse order. If one fails, the others are still undone and the
 * failures are reported together. Disposing twice returns the same promise.
 */
export class Lifetime implements AsyncDisposable {
  readonly #parts: Part[] = [];
  #ended: Promise<void> | undefined;

  /**
   * Registers how to undo what was just started; `name` identifies it if that fails.
   * @throws LIFETIME_ENDED if everything is already being stopped; what was started is then undone as well.
   */
  defer(name: string, dispose: () => unknown): void {
    this.#parts.push({ name, dispose });
    if (!this.#ended) return;
    this.#ended = this.#undoAlso(this.#ended);
    // The disposer learns of a failure; the caller learns that it was too late.
    this.#ended.catch(() => undefined);
    throw systemError('LIFETIME_ENDED', `${name} was started while everything was being stopped`);
  }

  /** Registers a disposable and returns it. */
  use<T extends AsyncDisposable>(name: string, value: T): T {
    this.defer(name, () => value[Symbol.asyncDispose]());
    return value;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    // Deferred, because a part that disposes of us while it is undone must find the promise already set.
    this.#ended ??= Promise.resolve().then(() => this.#undo());
    return this.#ended;
  }

  /** Undoes what was added late, as part of the disposal under way if there is one. */
  async #undoAlso(undoing: Promise<void>): Promise<void> {
    try {
      await undoing;
    } finally {
      await this.#undo();
    }
  }

  async #undo(): Promise<void> {
    const failures: string[] = [];
    const causes: unknown[] = [];
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      try {
        await part.dispose();
      } catch (error) {
        failures.push(`${part.name}: ${messageOf(error)}`);
        causes.push(error);
      }
    }
    if (failures.length > 0) {
      throw systemError('STOP_INCOMPLETE', `not everything stopped (${failures.join('; ')})`, {
        cause: causes.length === 1 ? causes[0] : new AggregateError(causes),
      });
    }
  }
}

/**
 * Resolves with `true` once `promise` resolves, rejects if it rejects, and resolves with `false` if `milliseconds` pass
 * first. It leaves no timer behind.
 */
export async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
