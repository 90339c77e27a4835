import type { Writable } from 'node:stream';

/** Beyond this backlog a slow reader loses lines instead of filling our memory. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;

const closed = new WeakSet<Writable>();
const guarded = new WeakSet<Writable>();

/**
 * Makes a stream's errors harmless: a closed reader (`| head`, a closed terminal) must not end the emulator. `isClosed`
 * reports it afterwards.
 */
export function guard(stream: Writable): void {
  if (guarded.has(stream)) return;
  guarded.add(stream);
  stream.on('error', () => closed.add(stream));
}

export function isClosed(stream: Writable): boolean {
  return closed.has(stream) || stream.destroyed || stream.writableEnded;
}

/** Writes text at once, unless the reader is gone. */
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

/** How long lines are gathered into one write: thousands of writes a second would be expensive. */
const GATHER_MS = 5;

/** Writes lines to a stream, those of a few milliseconds at once; a stalled reader costs bounded memory. */
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
