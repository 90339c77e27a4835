import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is cut into pieces of this many characters, so that no stream can fill the memory. */
export const MAX_LINE_CHARACTERS = 65_536;

/** Splits a byte stream into lines; `\r\n` and a missing last newline are understood. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.#rest += this.#decoder.write(chunk);
    let start = 0;
    for (let end = this.#rest.indexOf('\n'); end >= 0; end = this.#rest.indexOf('\n', start)) {
      this.#emit(this.#rest.slice(start, end));
      start = end + 1;
    }
    this.#rest = this.#rest.slice(start);
    while (this.#rest.length > MAX_LINE_CHARACTERS) {
      const end = pieceEnd(this.#rest, 0);
      this.#onLine(this.#rest.slice(0, end));
      this.#rest = this.#rest.slice(end);
    }
  }

  /** Emits what is left when the stream ends. */
  end(): void {
    const rest = this.#rest + this.#decoder.end();
    this.#rest = '';
    if (rest !== '') this.#emit(rest);
  }

  #emit(line: string): void {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.length <= MAX_LINE_CHARACTERS) {
      this.#onLine(text);
      return;
    }
    for (let start = 0; start < text.length; ) {
      const end = pieceEnd(text, start);
      this.#onLine(text.slice(start, end));
      start = end;
    }
  }
}

/** Where a piece that begins at `start` ends; never between the halves of a character beyond the basic plane. */
function pieceEnd(text: string, start: number): number {
  const end = Math.min(text.length, start + MAX_LINE_CHARACTERS);
  const last = text.charCodeAt(end - 1);
  const isFirstHalf = last >= 0xd800 && last <= 0xdbff;
  return isFirstHalf && end < text.length ? end - 1 : end;
}
