/** Which of a container's streams bytes came from. */
export type OutputStream = 'stdout' | 'stderr';

const HEADER_BYTES = 8;

/**
 * Takes Docker's log frames apart: one byte of stream (0 and 1 are stdout, 2 is stderr), three unused, four of length
 * (big-endian), then the payload. Bytes may arrive cut anywhere. Payloads are handed on as views, never copied, and
 * lines are not put together here: a frame may end within a line or within a character.
 *
 * Ours, because docker-modem's recurses once a frame and overflows the stack at some 3,400 frames a chunk.
 */
export class Demultiplexer {
  readonly #onData: (stream: OutputStream, data: Buffer) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFilled = 0;
  #stream: OutputStream = 'stdout';
  /** Bytes of the current frame that are still to come. */
  #left = 0;

  constructor(onData: (stream: OutputStream, data: Buffer) => void) {
    this.#onData = onData;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left);
        this.#left -= end - at;
        this.#onData(this.#stream, chunk.subarray(at, end));
        at = end;
      } else if (this.#headerFilled === 0 && chunk.length - at >= HEADER_BYTES) {
        this.#begin(chunk, at);
        at += HEADER_BYTES;
      } else {
        const copied = chunk.copy(
          this.#header,
          this.#headerFilled,
          at,
          at + HEADER_BYTES - this.#headerFilled,
        );
        at += copied;
        this.#headerFilled += copied;
        if (this.#headerFilled === HEADER_BYTES) {
          this.#headerFilled = 0;
          this.#begin(this.#header, 0);
        }
      }
    }
  }

  #begin(bytes: Buffer, at: number): void {
    this.#stream = bytes[at] === 2 ? 'stderr' : 'stdout';
    this.#left = bytes.readUInt32BE(at + 4);
  }
}
