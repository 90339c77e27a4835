import { Mutex, within } from '../base/index.ts';

/** Serialises the tasks that load, unload or stage a model, separately for each model. */
export class ModelTurns {
  readonly #mutexes = new Map<string, Mutex>();
  readonly #taken = new Map<string, number>();

  /** Whether a task holds the model or waits for it. */
  isTaken(model: string): boolean {
    return this.#taken.has(model);
  }

  /** Runs a task after all earlier ones for this model. */
  async run<T>(model: string, task: () => Promise<T>): Promise<T> {
    const mutex = this.#mutexes.get(model) ?? new Mutex();
    this.#mutexes.set(model, mutex);
    this.#taken.set(model, (this.#taken.get(model) ?? 0) + 1);
    try {
      return await mutex.run(task);
    } finally {
      const left = (this.#taken.get(model) ?? 1) - 1;
      if (left > 0) this.#taken.set(model, left);
      else {
        this.#taken.delete(model);
        this.#mutexes.delete(model);
      }
    }
  }

  /**
   * Claims the model until the returned function is called; undefined if it stayed claimed for longer than the limit.
   */
  async take(model: string, limitMs: number): Promise<(() => void) | undefined> {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isOurs = () => {};
    const taken = new Promise<void>((resolve) => {
      isOurs = resolve;
    });
    void this.run(model, () => {
      isOurs();
      return released;
    });
    if (await within(taken, limitMs)) return release;
    release();
    return undefined;
  }
}
