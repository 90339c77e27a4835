import type { Socket } from 'node:net';
import { Flag, FrameType, HEAD_BYTES, MOST_PAYLOAD_BYTES, makeHeaders } from './frame.ts';

/** Frames are collected in buffers of this size. */
const BUFFER_BYTES = 64 * 1024;
/** A larger payload is sent as it is; a smaller one is copied behind the frames before it. */
const COPIED_BYTES = 8 * 1024;
/** With more bytes waiting for the socket, there is no room for further DATA. */
const MOST_WAITING_BYTES = 1024 * 1024;

/** Collects the frames of one turn of the event loop, and sends them in one write. */
export class FrameWriter {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  /** What is collected and not in `#parts` starts here and ends at `#at`. */
  #from = 0;
  #at = 0;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #isScheduled = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether the socket takes more. If not, it emits `drain` later. */
  get hasRoom(): boolean {
    if (this.#partBytes + this.#at - this.#from > MOST_WAITING_BYTES) this.flush();
    return this.#socket.writableLength <= MOST_WAITING_BYTES;
  }

  /** @param payload at most 16,384 bytes, which must not change later */
  write(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const { length } = payload;
    const copies = length <= COPIED_BYTES;
    this.#reserve(copies ? HEAD_BYTES + length : HEAD_BYTES);
    const buffer = this.#buffer;
    const at = this.#at;
    buffer[at] = 0;
    buffer.writeUInt16BE(length, at + 1);
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    buffer.writeUInt32BE(streamId, at + 5);
    this.#at = at + HEAD_BYTES;
    if (copies) {
      buffer.set(payload, this.#at);
      this.#at += length;
    } else {
      this.#closePart();
      this.#parts.push(payload);
      this.#partBytes += length;
    }
    this.#schedule();
  }

  writeHeaders(streamId: number, block: Buffer, endStream: boolean): void {
    if (block.length <= MOST_PAYLOAD_BYTES) {
      const flags = Flag.END_HEADERS | (endStream ? Flag.END_STREAM : 0);
      this.write(FrameType.HEADERS, flags, streamId, block);
      return;
    }
    this.#closePart();
    const frames = makeHeaders(streamId, block, endStream);
    this.#parts.push(frames);
    this.#partBytes += frames.length;
    this.#schedule();
  }

  writeNumber(type: number, streamId: number, value: number): void {
    const payload = Buffer.allocUnsafe(4);
    payload.writeUInt32BE(value);
    this.write(type, 0, streamId, payload);
  }

  /** Sends what is collected. */
  flush(): void {
    const socket = this.#socket;
    if (!socket.writable) this.#parts = [];
    else if (this.#parts.length === 0) {
      if (this.#at > this.#from) socket.write(this.#buffer.subarray(this.#from, this.#at));
    } else {
      this.#closePart();
      const parts = this.#parts;
      this.#parts = [];
      socket.cork();
      for (const part of parts) socket.write(part);
      socket.uncork();
    }
    this.#partBytes = 0;
    // What the system has taken need not be kept.
    this.#from = socket.writableLength === 0 ? 0 : this.#at;
    this.#at = this.#from;
  }

  #closePart(): void {
    if (this.#at === this.#from) return;
    this.#parts.push(this.#buffer.subarray(this.#from, this.#at));
    this.#partBytes += this.#at - this.#from;
    this.#from = this.#at;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    this.#closePart();
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    this.#from = 0;
    this.#at = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#flushScheduled);
  }

  readonly #flushScheduled = (): void => {
    this.#isScheduled = false;
    this.flush();
  };
}
