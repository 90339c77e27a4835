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

  /** Registers how to undo what was just started; `name` appears in the report of a failing undo. */
  defer(name: string, dispose: () => unknown): void {
    if (this.#ended)
      throw systemError('LIFETIME_ENDED', `${name} was started while everything was being stopped`);
    this.#parts.push({ name, dispose });
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
    this.#ended ??= this.#undo();
    return this.#ended;
  }

  async #undo(): Promise<void> {
    const failures: string[] = [];
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      try {
        await part.dispose();
      } catch (error) {
        failures.push(`${part.name}: ${messageOf(error)}`);
      }
    }
    if (failures.length > 0)
      throw systemError('STOP_INCOMPLETE', `not everything stopped (${failures.join('; ')})`);
  }
}

/** Settles as `promise` does, or with `false` once `milliseconds` have passed. The timer never holds the process. */
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
