import { LONGEST_TIMER_MS } from './idle-sequences.ts';
import type { SequenceId, SequenceRequest } from './sequence-slot.ts';

/** The requests of a sequence that waits for a slot. */
export interface WaitingSequence {
  readonly id: SequenceId;
  readonly queue: SequenceRequest[];
  /** When it will have waited too long, in the time of `performance.now()`. */
  deadline: number;
}

/** Sequences that wait for a slot; first come, first served. */
export class Backlog {
  readonly #onLate: (requests: readonly SequenceRequest[]) => void;
  readonly #waiting: WaitingSequence[] = [];
  /** Those that may get more requests; one that has received its end does not. */
  readonly #open = new Map<SequenceId, WaitingSequence>();
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** @param onLate receives the requests of a sequence that got no slot within the `timeout` of one of them */
  constructor(onLate: (requests: readonly SequenceRequest[]) => void) {
    this.#onLate = onLate;
  }

  /** How many requests wait. */
  get size(): number {
    return this.#waiting.reduce((sum, { queue }) => sum + queue.length, 0);
  }

  has(id: SequenceId): boolean {
    return this.#open.has(id);
  }

  add(request: SequenceRequest): void {
    const { id, end } = request.sequence;
    let sequence = this.#open.get(id);
    if (!sequence) {
      sequence = { id, queue: [], deadline: Number.POSITIVE_INFINITY };
      this.#waiting.push(sequence);
      this.#open.set(id, sequence);
    }
    sequence.queue.push(request);
    const { timeout } = request.request;
    if (timeout > 0) sequence.deadline = Math.min(sequence.deadline, performance.now() + timeout / 1_000);
    if (end) this.#open.delete(id);
    this.#watch(sequence.deadline);
  }

  /** Takes the sequence that has waited longest. */
  next(): WaitingSequence | undefined {
    const sequence = this.#waiting.shift();
    if (sequence) this.#close(sequence);
    return sequence;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** An id may be waiting twice, the second time after its own end. */
  #close(sequence: WaitingSequence): void {
    if (this.#open.get(sequence.id) === sequence) this.#open.delete(sequence.id);
  }

  #watch(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const waitMs = Math.min(Math.max(0, Math.ceil(deadline - performance.now())), LONGEST_TIMER_MS);
    this.#timer = setTimeout(() => this.#refuseLate(), waitMs);
  }

  #refuseLate(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const sequence of [...this.#waiting]) {
      if (sequence.deadline > now) {
        this.#watch(sequence.deadline);
        continue;
      }
      this.#waiting.splice(this.#waiting.indexOf(sequence), 1);
      this.#close(sequence);
      this.#onLate(sequence.queue);
    }
  }
}
