import { messageOf, systemError } from './errors.ts';

interface Part {
  readonly name: string;
  readonly dispose: () => unknown;
}

/**
 * A stack of things that were started, undone in reverse order. Undoing goes on after a part fails and reports
 * the failures together; doing it twice hands out the same promise.
 */
export class Lifetime implements AsyncDisposable {
  readonly #parts: Part[] = [];
  #ended: Promise<void> | undefined;

  /**
   * Registers how to undo what was just started; `name` appears in the report of a failing undo.
   * @throws LIFETIME_ENDED when everything is being stopped already; what was started is undone then, too.
   */
  defer(name: string, dispose: () => unknown): void {
    this.#parts.push({ name, dispose });
    if (!this.#ended) return;
    this.#ended = this.#undoAlso(this.#ended);
    // Whoever disposes of us hears of a failure; the caller hears that it came too late.
    this.#ended.catch(() => undefined);
    throw systemError('LIFETIME_ENDED', `${name} was started while everything was being stopped`);
  }

  /** Registers a disposable and gives it back. */
  use<T extends AsyncDisposable>(name: string, value: T): T {
    this.defer(name, () => value[Symbol.asyncDispose]());
    return value;
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    // Not at once: a part that ends us in turn while it is undone must find the promise in its place.
    this.#ended ??= Promise.resolve().then(() => this.#undo());
    return this.#ended;
  }

  /** Undoes what was added late; an undoing still under way takes it along. */
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
 * Resolves with `true` once `promise` does, rejects as it does, or resolves with `false` when `milliseconds` have
 * passed before. No timer is left behind.
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
