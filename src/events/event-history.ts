import type { EmulatorEvent } from './event.ts';
import type { EventSource } from './state-store.ts';

export interface HistoryLimits {
  readonly events: number;
  /** Of their texts, approximately. */
  readonly bytes: number;
}

const DEFAULT_LIMITS: HistoryLimits = { events: 10_000, bytes: 8 * 1024 * 1024 };
/** Approximate size of an event in addition to its long text. */
const EVENT_BYTES = 256;

/**
 * The newest events of a source, within both limits, for readers that come late or fall behind. Adding one takes
 * constant time and serializes nothing.
 */
export class EventHistory implements Disposable {
  readonly #limits: HistoryLimits;
  readonly #slots: (EmulatorEvent | undefined)[];
  readonly #listeners = new Set<() => void>();
  readonly #unsubscribe: () => void;
  #firstSeq = 1;
  #lastSeq = 0;
  #bytes = 0;

  constructor(source: EventSource, limits: HistoryLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#slots = new Array(limits.events);
    this.#unsubscribe = source.subscribe((event) => this.#add(event));
  }

  /** Sequence number of the oldest event held; `lastSeq + 1` if there is none. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** Sequence number of the newest event; 0 before the first. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The event with this sequence number; undefined if it is not held. */
  get(seq: number): EmulatorEvent | undefined {
    return seq >= this.#firstSeq && seq <= this.#lastSeq ? this.#slots[seq % this.#limits.events] : undefined;
  }

  /** Calls `listener` after each event that was added; the returned function unsubscribes it. */
  onAdded(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #add(event: EmulatorEvent): void {
    // The bus numbers events without gaps; a history that begins later starts at the first event it sees.
    if (this.#lastSeq === 0) this.#firstSeq = event.seq;
    if (event.seq - this.#firstSeq >= this.#limits.events) this.#dropOldest();
    this.#slots[event.seq % this.#limits.events] = event;
    this.#lastSeq = event.seq;
    this.#bytes += sizeOf(event);
    while (this.#bytes > this.#limits.bytes && this.#firstSeq < this.#lastSeq) this.#dropOldest();
    for (const listener of this.#listeners) listener();
  }

  #dropOldest(): void {
    const slot = this.#firstSeq % this.#limits.events;
    const oldest = this.#slots[slot];
    if (oldest) this.#bytes -= sizeOf(oldest);
    this.#slots[slot] = undefined;
    this.#firstSeq += 1;
  }
}

function sizeOf(event: EmulatorEvent): number {
  switch (event.type) {
    case 'log.line':
      return EVENT_BYTES + event.text.length * 2;
    case 'reload.failed':
      return EVENT_BYTES + event.error.message.length * 2;
    case 'scoring.request':
      return EVENT_BYTES + event.path.length * 2;
    default:
      return EVENT_BYTES;
  }
}
