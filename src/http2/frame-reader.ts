import { ConnectionError } from './connection-error.ts';
import { ErrorCode } from './error-code.ts';
import {
  contentOf,
  Flag,
  type FrameHead,
  FrameType,
  HEAD_BYTES,
  MOST_PAYLOAD_BYTES,
  PREFACE,
  readHead,
} from './frame.ts';

/** Receives the frames of a client in order. What it is given are views of the received bytes. */
export interface FrameReceiver {
  /** A complete frame, its head included; never DATA. */
  onFrame(head: FrameHead, frame: Buffer): void;
  /**
   * The content of a DATA frame, or the part of it that has arrived.
   * @param counted the bytes that flow control counts, which include padding
   * @param ends whether the client sends nothing more on the stream
   */
  onData(streamId: number, content: Buffer, counted: number, ends: boolean): void;
}

const NOTHING = Buffer.alloc(0);

/** Splits the bytes of a client into frames. DATA frames are passed on in the parts in which they arrive. */
export class FrameReader {
  readonly #receiver: FrameReceiver;
  /** The beginning of a frame that is not complete. */
  #rest: Buffer = NOTHING;
  #isPrefaceRead = false;
  /** Of a DATA frame that is arriving. */
  #dataStream = 0;
  #dataLeft = 0;
  #dataEnds = false;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** @throws ConnectionError for bytes that are no HTTP/2 */
  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = NOTHING;
    let at = this.#isPrefaceRead ? 0 : this.#readPreface(bytes);
    while (at < bytes.length) {
      if (this.#dataLeft > 0) {
        at = this.#takeData(bytes, at);
        continue;
      }
      const next = bytes.length - at < HEAD_BYTES ? undefined : this.#takeFrame(bytes, at);
      if (next === undefined) {
        this.#rest = bytes.subarray(at);
        return;
      }
      at = next;
    }
  }

  #readPreface(bytes: Buffer): number {
    const length = Math.min(bytes.length, PREFACE.length);
    if (PREFACE.compare(bytes, 0, length, 0, length) !== 0)
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the client does not speak HTTP/2');
    if (length < PREFACE.length) {
      this.#rest = bytes;
      return bytes.length;
    }
    this.#isPrefaceRead = true;
    return length;
  }

  /** @returns where the next frame begins; undefined if this one is not complete */
  #takeFrame(bytes: Buffer, at: number): number | undefined {
    const head = readHead(bytes, at);
    const { type, flags, length, streamId } = head;
    if (length > MOST_PAYLOAD_BYTES)
      throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'a frame is too large');
    const end = at + HEAD_BYTES + length;
    const ends = (flags & Flag.END_STREAM) !== 0;
    if (type === FrameType.DATA && !(flags & Flag.PADDED)) {
      this.#dataStream = streamId;
      this.#dataLeft = length;
      this.#dataEnds = ends;
      if (length === 0) this.#receiver.onData(streamId, NOTHING, 0, ends);
      return at + HEAD_BYTES;
    }
    if (end > bytes.length) return undefined;
    const frame = bytes.subarray(at, end);
    if (type === FrameType.DATA) this.#receiver.onData(streamId, contentOf(head, frame), length, ends);
    else this.#receiver.onFrame(head, frame);
    return end;
  }

  #takeData(bytes: Buffer, at: number): number {
    const length = Math.min(this.#dataLeft, bytes.length - at);
    this.#dataLeft -= length;
    const ends = this.#dataEnds && this.#dataLeft === 0;
    this.#receiver.onData(this.#dataStream, bytes.subarray(at, at + length), length, ends);
    return at + length;
  }
}
