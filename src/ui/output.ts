import type { Writable } from 'node:stream';

/** A reader this far behind loses lines rather than filling our memory. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

const closed = new WeakSet<Writable>();
const guarded = new WeakSet<Writable>();

/**
 * Makes a stream's errors harmless: a reader that went away (`| head`, a closed terminal) must not end the emulator.
 * Afterwards `isClosed` tells.
 */
export function guard(stream: Writable): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => closed.add(stream));
}

export function isClosed(stream: Writable): boolean {
  return closed.has(stream) || stream.destroyed || stream.writableEnded;
}

/** Writes text at once, unless the reader went away. */
export function write(stream: Writable, text: string): void {
  guard(stream);
  if (!isClosed(stream)) stream.write(text);
}

export function print(text: string): void {
  write(process.stdout, text);
}

export function printError(text: string): void {
  write(process.stderr, text);
}

/** Lines wait this long for others: a write for each of thousands a second would cost as much as what they tell of. */
const GATHER_MS = 5;

/** Lines to a stream: those of a few milliseconds are one write, and a stalled reader costs bounded memory. */
export class LineWriter {
  readonly #stream: Writable;
  #pending = '';
  #scheduled: NodeJS.Timeout | undefined;
  #lost = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
    guard(stream);
  }

  /** How many lines the reader was too slow for. */
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
