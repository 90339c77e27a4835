import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut into pieces of this many characters, so that no stream can fill the memory. */
export const MAX_LINE_CHARACTERS = 65_536;

/** Splits a byte stream into lines; accepts `\r\n` and a missing last newline. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #partial = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.#partial += this.#decoder.write(chunk);
    let start = 0;
    for (let end = this.#partial.indexOf('\n'); end >= 0; end = this.#partial.indexOf('\n', start)) {
      this.#emit(this.#partial.slice(start, end));
      start = end + 1;
    }
    this.#partial = this.#partial.slice(start);
    while (this.#partial.length > MAX_LINE_CHARACTERS) {
      const end = pieceEnd(this.#partial, 0);
      this.#onLine(this.#partial.slice(0, end));
      this.#partial = this.#partial.slice(end);
    }
  }

  /** Emits what is left when the stream ends. */
  end(): void {
    const rest = this.#partial + this.#decoder.end();
    this.#partial = '';
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

/** Where a piece that begins at `start` ends; never inside a surrogate pair. */
function pieceEnd(text: string, start: number): number {
  const end = Math.min(text.length, start + MAX_LINE_CHARACTERS);
  const last = text.charCodeAt(end - 1);
  const isFirstHalf = last >= 0xd800 && last <= 0xdbff;
  return isFirstHalf && end < text.length ? end - 1 : end;
}
