import type { SequenceId } from './sequence-slot.ts';

/** The maximum of Node's timers, about 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How often an idle sequence in the backlog is checked again, in milliseconds. */
const BACKLOG_LOOK_MS = 50;

/** Finds sequences that have received no request for too long. */
export class IdleSequences {
  readonly #limitMs: number;
  /** Ends the sequence; false if it waits in the backlog and must be checked again. */
  readonly #end: (id: SequenceId) => boolean;
  readonly #lastSeen = new Map<SequenceId, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, end: (id: SequenceId) => boolean) {
    this.#limitMs = Math.min(limitMs, LONGEST_TIMER_MS);
    this.#end = end;
  }

  /** Records a request of the sequence. */
  seen(id: SequenceId): void {
    this.#lastSeen.set(id, performance.now());
    this.#timer ??= setTimeout(() => this.#sweep(), this.#limitMs);
  }

  forget(id: SequenceId): void {
    this.#lastSeen.delete(id);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#lastSeen.clear();
  }

  #sweep(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = this.#limitMs;
    for (const [id, seenAt] of this.#lastSeen) {
      const left = seenAt + this.#limitMs - now;
      if (left > 0) next = Math.min(next, left);
      else if (this.#end(id)) this.#lastSeen.delete(id);
      else next = Math.min(next, BACKLOG_LOOK_MS);
    }
    if (this.#lastSeen.size > 0) this.#timer = setTimeout(() => this.#sweep(), Math.ceil(next));
  }
}
