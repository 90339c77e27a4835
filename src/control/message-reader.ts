const NEWLINE = 10;

/**
 * Cuts a byte stream into lines of at most `limit` bytes. Unlike a log line in base's `LineSplitter`, half a message is
 * useless, so reading ends at a message that is too long.
 */
export class MessageReader {
  readonly #limit: number;
  readonly #onMessage: (line: string) => void;
  readonly #onTooLong: () => void;
  #parts: Buffer[] = [];
  #size = 0;
  #ended = false;

  constructor(limit: number, onMessage: (line: string) => void, onTooLong: () => void) {
    this.#limit = limit;
    this.#onMessage = onMessage;
    this.#onTooLong = onTooLong;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0 && !this.#ended; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      start = end + 1;
      if (this.#ended) return;
      const line = Buffer.concat(this.#parts, this.#size).toString('utf8');
      this.#parts = [];
      this.#size = 0;
      if (line !== '') this.#onMessage(line);
    }
    if (!this.#ended) this.#add(chunk.subarray(start));
  }

  #add(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#limit) {
      this.#ended = true;
      this.#parts = [];
      this.#onTooLong();
    } else if (part.length > 0) this.#parts.push(part);
  }
}
