/** The container's stream that bytes came from. */
export type OutputStream = 'stdout' | 'stderr';

const HEADER_BYTES = 8;

/**
 * Splits Docker's log frames: one byte for the stream (0 and 1 are stdout, 2 is stderr), three unused bytes, four bytes
 * of length (big-endian), then the payload. Chunks may break anywhere. Payloads are passed on as views without copying;
 * a frame may end within a line or a character.
 *
 * docker-modem's own demultiplexer recurses once per frame and overflows the stack at about 3,400 frames in a chunk.
 */
export class Demultiplexer {
  readonly #onData: (stream: OutputStream, data: Buffer) => void;
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerFilled = 0;
  #stream: OutputStream = 'stdout';
  /** Bytes of the current frame that have not arrived yet. */
  #remaining = 0;

  constructor(onData: (stream: OutputStream, data: Buffer) => void) {
    this.#onData = onData;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const end = Math.min(chunk.length, at + this.#remaining);
        this.#remaining -= end - at;
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
    this.#remaining = bytes.readUInt32BE(at + 4);
  }
}
