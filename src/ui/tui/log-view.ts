import type { LogEntry, LogLevel, LogStore } from '../../events/index.ts';
import { isAtLeast } from '../renderer.ts';

export interface LogFilter {
  readonly level: LogLevel;
  /** Only lines that contain this text, ignoring case; empty for all. */
  readonly text: string;
}

const COMPACT_AT = 4_096;

/**
 * The visible part of the log: the lines that pass the filter, and a window over them. The window is anchored to the id
 * of its last line, so that it stays in place while new lines arrive; at the end it follows them.
 */
export class LogView {
  readonly #store: LogStore;
  #filter: LogFilter = { level: 'debug', text: '' };
  /** Ids of the matching lines, ascending; those before `#head` have been evicted. */
  #ids: number[] = [];
  #head = 0;
  #scanned = 0;
  /** The last line of the window; undefined while following. */
  #anchor: number | undefined;
  #anchorLost = false;

  constructor(store: LogStore) {
    this.#store = store;
    this.#scanned = store.firstId;
  }

  get filter(): LogFilter {
    return this.#filter;
  }

  set filter(filter: LogFilter) {
    this.#filter = filter;
    this.#ids = [];
    this.#head = 0;
    this.#scanned = this.#store.firstId;
    this.update();
  }

  get following(): boolean {
    return this.#anchor === undefined;
  }

  /** Whether the lines in the window were evicted by newer ones. */
  get anchorLost(): boolean {
    return this.#anchorLost;
  }

  /** The number of lines that pass the filter. */
  get count(): number {
    return this.#ids.length - this.#head;
  }

  /** The number of lines below the window. */
  get below(): number {
    return this.#anchor === undefined ? 0 : this.#ids.length - 1 - this.#anchorIndex();
  }

  /** Takes in lines added to and evicted from the store. */
  update(): void {
    const { firstId, nextId } = this.#store;
    for (let id = Math.max(this.#scanned, firstId); id < nextId; id += 1) {
      const entry = this.#store.get(id);
      if (entry && this.#passes(entry)) this.#ids.push(id);
    }
    this.#scanned = nextId;
    while (this.#head < this.#ids.length && (this.#ids[this.#head] ?? 0) < firstId) this.#head += 1;
    if (this.#head > COMPACT_AT) {
      this.#ids = this.#ids.slice(this.#head);
      this.#head = 0;
    }
    if (this.#anchor !== undefined && this.#anchor < firstId) this.#anchorLost = true;
  }

  /** The visible lines, oldest first. */
  window(rows: number): readonly LogEntry[] {
    const last = this.#lastIndex(rows);
    const entries: LogEntry[] = [];
    for (let index = Math.max(this.#head, last - rows + 1); index <= last; index += 1) {
      const entry = this.#store.get(this.#ids[index] ?? -1);
      if (entry) entries.push(entry);
    }
    return entries;
  }

  /** Moves the window; at the end it follows again. */
  scroll(lines: number, rows: number): void {
    const target = Math.max(this.#lastIndex(rows) + lines, this.#head + rows - 1);
    this.#anchor = target >= this.#ids.length - 1 ? undefined : this.#ids[target];
    this.#anchorLost = false;
  }

  toStart(rows: number): void {
    this.scroll(Number.NEGATIVE_INFINITY, rows);
  }

  follow(): void {
    this.#anchor = undefined;
    this.#anchorLost = false;
  }

  #passes(entry: LogEntry): boolean {
    const { level, text } = this.#filter;
    if (!isAtLeast(entry.level, level)) return false;
    return text === '' || entry.text.toLowerCase().includes(text.toLowerCase());
  }

  #lastIndex(rows: number): number {
    if (this.#anchor === undefined) return this.#ids.length - 1;
    return Math.min(this.#ids.length - 1, Math.max(this.#anchorIndex(), this.#head + rows - 1));
  }

  /** The index of the anchor, or of the last matching line before it. */
  #anchorIndex(): number {
    const anchor = this.#anchor ?? Number.POSITIVE_INFINITY;
    let low = this.#head;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? 0) <= anchor) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
