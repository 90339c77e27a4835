import type { BodyFraming } from './message-head.ts';

const MAX_LINE = 8_192;
const SIZE = /^([0-9a-f]{1,12})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n$/i;

/** Finds where a body ends in bytes that come in pieces. The bytes themselves stay as they are. */
export class BodyEnd {
  /** Bytes until the body, or the present chunk's data, ends. */
  #left: number;
  #next: 'none' | 'size' | 'data end' | 'trailer';
  #line = '';

  constructor(framing: BodyFraming) {
    this.#next = framing === 'chunked' ? 'size' : 'none';
    this.#left = framing === 'chunked' ? 0 : framing === 'close' ? Number.POSITIVE_INFINITY : framing;
  }

  get done(): boolean {
    return this.#left === 0 && this.#next === 'none';
  }

  /** Goes through `bytes` from `from` on; returns where the body ends in them, or their end. @throws Error on bad chunks */
  take(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && !this.done) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      const feed = bytes.indexOf(10, at);
      const stop = feed < 0 ? bytes.length : feed + 1;
      if (this.#line.length + stop - at > MAX_LINE) throw new Error('a line between its chunks is too long');
      this.#line += bytes.toString('latin1', at, stop);
      at = stop;
      if (feed >= 0) this.#endLine();
    }
    return at;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = '';
    if (this.#next === 'trailer') {
      if (line === '\r\n') this.#next = 'none';
    } else if (this.#next === 'data end') {
      if (line !== '\r\n') throw new Error('a chunk of its answer does not end where it says');
      this.#next = 'size';
    } else {
      const size = SIZE.exec(line)?.[1];
      if (size === undefined) throw new Error('a chunk of its answer has no size');
      this.#left = Number.parseInt(size, 16);
      this.#next = this.#left === 0 ? 'trailer' : 'data end';
    }
  }
}
