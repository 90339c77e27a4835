import type { EventOf, LogLevel, LogSource } from './event.ts';

/** One line of the log; `id` increases by one per line and is never reused. */
export interface LogEntry {
  readonly id: number;
  readonly time: string;
  readonly source: LogSource;
  readonly level: LogLevel;
  readonly text: string;
  readonly requestId: string | undefined;
}

export interface LogLimits {
  readonly lines: number;
  readonly bytes: number;
}

const DEFAULT_LIMITS: LogLimits = { lines: 10_000, bytes: 8 * 1024 * 1024 };
/** Approximate size of an entry in addition to its text. */
const ENTRY_BYTES = 96;
const MAX_TEXT_CHARACTERS = 65_536;

/** The newest log lines, within both limits. Appending and reading by id take constant time. */
export class LogStore {
  readonly #limits: LogLimits;
  readonly #slots: (LogEntry | undefined)[];
  #firstId = 0;
  #nextId = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: LogLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#slots = new Array(limits.lines);
  }

  /** ID of the oldest line held. */
  get firstId(): number {
    return this.#firstId;
  }

  /** ID of the next line; `nextId - firstId` lines are held. */
  get nextId(): number {
    return this.#nextId;
  }

  /** How many lines were dropped for newer ones. */
  get dropped(): number {
    return this.#dropped;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(id: number): LogEntry | undefined {
    return id >= this.#firstId && id < this.#nextId ? this.#slots[id % this.#limits.lines] : undefined;
  }

  /** Adds a line; a text of several lines becomes several entries. Those of a model begin with its name. */
  append({
    time,
    source,
    level,
    text,
    requestId,
    model,
  }: Omit<EventOf<'log.line'>, 'v' | 'seq' | 'type'>): void {
    const modelPrefix = model === undefined ? '' : `${model}: `;
    if (!text.includes('\n')) {
      this.#push({ id: this.#nextId, time, source, level, text: bounded(modelPrefix + text), requestId });
      return;
    }
    for (const line of text.replace(/\r?\n$/, '').split(/\r?\n/)) {
      this.#push({ id: this.#nextId, time, source, level, text: bounded(modelPrefix + line), requestId });
    }
  }

  /** Removes all lines; ids keep increasing. */
  clear(): void {
    this.#slots.fill(undefined);
    this.#firstId = this.#nextId;
    this.#bytes = 0;
  }

  #push(entry: LogEntry): void {
    if (this.#nextId - this.#firstId === this.#limits.lines) this.#dropOldest();
    this.#slots[entry.id % this.#limits.lines] = entry;
    this.#nextId += 1;
    this.#bytes += weightOf(entry);
    while (this.#bytes > this.#limits.bytes && this.#nextId - this.#firstId > 1) this.#dropOldest();
  }

  #dropOldest(): void {
    const slot = this.#firstId % this.#limits.lines;
    const oldest = this.#slots[slot];
    if (oldest) this.#bytes -= weightOf(oldest);
    this.#slots[slot] = undefined;
    this.#firstId += 1;
    this.#dropped += 1;
  }
}

const weightOf = (entry: LogEntry) => entry.text.length * 2 + ENTRY_BYTES;

const bounded = (text: string) =>
  text.length > MAX_TEXT_CHARACTERS ? `${text.slice(0, MAX_TEXT_CHARACTERS - 1)}…` : text;
