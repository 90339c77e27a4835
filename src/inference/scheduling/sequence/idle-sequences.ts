import type { SequenceId } from './sequence-slot.ts';

/** What Node's timers can count, some 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How often a sequence that is idle in the backlog is looked at again, in milliseconds. */
const BACKLOG_LOOK_MS = 50;

/** Finds the sequences that got no request for too long. */
export class IdleSequences {
  readonly #limitMs: number;
  /** Ends the sequence; false where it waits in the backlog and is looked at again. */
  readonly #end: (id: SequenceId) => boolean;
  readonly #lastSeen = new Map<SequenceId, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limitMs: number, end: (id: SequenceId) => boolean) {
    this.#limitMs = Math.min(limitMs, LONGEST_TIMER_MS);
    this.#end = end;
  }

  /** A request of the sequence has come. */
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
