import type { Writable } from 'node:stream';
import { guard, isClosed, write } from '../base/index.ts';

/** Beyond this backlog a slow reader loses lines instead of filling our memory. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

/** Lines wait this long to be written together: thousands of writes a second would be expensive. */
const GATHER_MS = 5;

/** Writes lines to a stream, gathered over a few milliseconds; a stalled reader costs bounded memory. */
export class LineWriter {
  readonly #stream: Writable;
  #pending = '';
  #scheduled: NodeJS.Timeout | undefined;
  #lost = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
    guard(stream);
  }

  /** The number of lines dropped because the reader was too slow. */
  get lost(): number {
    return this.#lost;
  }

  line(text: string): void {
    if (isClosed(this.#stream)) return;
    if (this.#stream.writableLength + this.#pending.length > MAX_BACKLOG_BYTES) {
      this.#lost += 1;
      return;
    }
    this.#pending += `${text}\n`;
    this.#scheduled ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  flush(): void {
    clearTimeout(this.#scheduled);
    this.#scheduled = undefined;
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') write(this.#stream, text);
  }
}
