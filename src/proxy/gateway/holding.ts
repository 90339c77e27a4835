/** Requests that wait for the engine at a time, and how long each may. */
const MAX_HELD = 256;
const MAX_HOLD_MS = 30_000;

export type HoldEnd = 'released' | 'too many' | 'too long' | 'left' | 'closed';

interface Held {
  readonly end: (how: HoldEnd) => void;
}

/** Requests that came while no engine takes them. They wait with their bodies unread. */
export class Holding {
  readonly #held = new Set<Held>();
  readonly #limits: { readonly most: number; readonly milliseconds: number };

  constructor({ most = MAX_HELD, milliseconds = MAX_HOLD_MS } = {}) {
    this.#limits = { most, milliseconds };
  }

  get size(): number {
    return this.#held.size;
  }

  /** Waits until the engine is back, the limit has passed or the caller has left. */
  wait(onLeave: (listener: () => void) => void): Promise<HoldEnd> {
    if (this.#held.size >= this.#limits.most) return Promise.resolve('too many');
    return new Promise((resolve) => {
      const timer = setTimeout(() => held.end('too long'), this.#limits.milliseconds);
      const held: Held = {
        end: (how) => {
          if (!this.#held.delete(held)) return;
          clearTimeout(timer);
          resolve(how);
        },
      };
      this.#held.add(held);
      onLeave(() => held.end('left'));
    });
  }

  /** Ends the waiting of all of them, in the order in which they came. */
  release(how: HoldEnd = 'released'): void {
    for (const held of [...this.#held]) held.end(how);
  }
}
