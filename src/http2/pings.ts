import { Flag, FrameType } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';

const PAYLOAD = Buffer.alloc(8);

/** The PING frames of a connection, in both directions. */
export class Pings {
  readonly #writer: FrameWriter;
  readonly #onPing: (() => void) | undefined;
  /** Called by acknowledgements, in their order. */
  readonly #sent: (() => void)[] = [];

  constructor(writer: FrameWriter, onPing: (() => void) | undefined) {
    this.#writer = writer;
    this.#onPing = onPing;
  }

  /** Calls back when the client has acknowledged it. */
  send(onAcknowledged: () => void): void {
    this.#sent.push(onAcknowledged);
    this.#writer.write(FrameType.PING, 0, 0, PAYLOAD);
  }

  take(flags: number, payload: Buffer): void {
    if (flags & Flag.ACK) {
      this.#sent.shift()?.();
      return;
    }
    this.#writer.write(FrameType.PING, Flag.ACK, 0, payload);
    this.#onPing?.();
  }
}
