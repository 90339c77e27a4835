import { ErrorCode } from './error-code.ts';
import { FrameType, MOST_PAYLOAD_BYTES } from './frame.ts';
import type { FrameWriter } from './frame-writer.ts';

/** What a stream's request and end are reported to. */
export interface StreamHandler {
  /** A part of the request's body, as a view of received bytes. */
  onData(bytes: Buffer): void;
  /** The client sends nothing more. */
  onEnd(): void;
  /** Nothing more is sent or received. */
  onClose(): void;
}

/** What the streams of a connection share. */
export interface StreamConnection {
  readonly writer: FrameWriter;
  /** Bytes that the client takes on all streams together. */
  sendWindow: number;
  /** Calls the stream's `pump` as soon as the connection takes more. */
  awaitRoom(stream: ServerStream): void;
  remove(stream: ServerStream): void;
}

/** The largest window of flow control. */
export const MOST_WINDOW_BYTES = 2 ** 31 - 1;

/** A request and its response. What is sent waits until flow control and the socket let it pass. */
export class ServerStream {
  readonly id: number;
  readonly #connection: StreamConnection;
  readonly #windowBytes: number;
  #handler: StreamHandler | undefined;
  #sendWindow: number;
  #receiveWindow: number;
  #isPaused = false;
  #hasClientEnded = false;
  #hasResponded = false;
  #hasEnded = false;
  #isClosed = false;
  /** What waits to be sent; those before `#next` have been sent. */
  #waiting: Uint8Array[] = [];
  #next = 0;
  #unsentBytes = 0;
  #trailers: Buffer | undefined;
  #onDrained: (() => void) | undefined;

  /**
   * @param sendWindow bytes that the client takes on this stream
   * @param windowBytes bytes that the client may send ahead
   */
  constructor(id: number, connection: StreamConnection, sendWindow: number, windowBytes: number) {
    this.id = id;
    this.#connection = connection;
    this.#sendWindow = sendWindow;
    this.#windowBytes = windowBytes;
    this.#receiveWindow = windowBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get hasResponded(): boolean {
    return this.#hasResponded;
  }

  get hasClientEnded(): boolean {
    return this.#hasClientEnded;
  }

  /** Bytes of the body that the client has not taken yet. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Begins the response. @param endStream whether this is all of it */
  respond(block: Buffer, endStream = false): void {
    if (this.#isClosed || this.#hasResponded) return;
    this.#hasResponded = true;
    this.#connection.writer.writeHeaders(this.id, block, endStream);
    if (endStream) this.#end();
  }

  /** Sends a part of the body, which must not change later. */
  write(bytes: Uint8Array): void {
    if (this.#isClosed || bytes.byteLength === 0) return;
    this.#waiting.push(bytes);
    this.#unsentBytes += bytes.byteLength;
    if (this.#waiting.length - this.#next === 1) this.pump();
  }

  /** Ends the response after the body. */
  end(trailers: Buffer): void {
    if (this.#isClosed || this.#trailers) return;
    this.#trailers = trailers;
    if (this.#unsentBytes === 0) this.pump();
  }

  reset(code: number): void {
    if (this.#isClosed) return;
    this.#connection.writer.writeNumber(FrameType.RST_STREAM, this.id, code);
    this.close();
  }

  /** Lets the client send no more than it may already. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#openWindow();
  }

  /** Calls back once, when the client has taken everything. */
  whenDrained(callback: () => void): void {
    this.#onDrained = callback;
  }

  // What follows is for the connection.

  begin(handler: StreamHandler): void {
    if (this.#isClosed) handler.onClose();
    else this.#handler = handler;
  }

  /** @param counted the bytes that flow control counts */
  take(content: Buffer, counted: number, ends: boolean): void {
    if (this.#hasClientEnded) {
      this.reset(ErrorCode.STREAM_CLOSED);
      return;
    }
    this.#receiveWindow -= counted;
    if (this.#receiveWindow < 0) {
      this.reset(ErrorCode.FLOW_CONTROL_ERROR);
      return;
    }
    if (content.length > 0) this.#handler?.onData(content);
    if (ends) this.endOfClient();
    else this.#openWindow();
  }

  endOfClient(): void {
    if (this.#isClosed) return;
    this.#hasClientEnded = true;
    this.#handler?.onEnd();
    if (this.#hasEnded) this.close();
  }

  /** @returns whether the window is valid */
  widen(bytes: number): boolean {
    this.#sendWindow += bytes;
    if (this.#sendWindow > MOST_WINDOW_BYTES) return false;
    this.pump();
    return true;
  }

  /** Sends as much of what waits as may be sent. */
  pump(): void {
    const connection = this.#connection;
    for (;;) {
      const piece = this.#waiting[this.#next];
      if (!piece || this.#isClosed) break;
      if (this.#sendWindow <= 0) return;
      if (connection.sendWindow <= 0 || !connection.writer.hasRoom) {
        connection.awaitRoom(this);
        return;
      }
      this.#sendPart(piece);
    }
    if (this.#isClosed) return;
    this.#waiting.length = 0;
    this.#next = 0;
    if (this.#trailers) {
      connection.writer.writeHeaders(this.id, this.#trailers, true);
      this.#end();
    } else if (this.#onDrained) {
      const callback = this.#onDrained;
      this.#onDrained = undefined;
      callback();
    }
  }

  /** Nothing more is sent or received. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#next = 0;
    this.#unsentBytes = 0;
    this.#onDrained = undefined;
    this.#connection.remove(this);
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onClose();
  }

  #sendPart(piece: Uint8Array): void {
    const connection = this.#connection;
    const length = Math.min(piece.byteLength, this.#sendWindow, connection.sendWindow, MOST_PAYLOAD_BYTES);
    const isWhole = length === piece.byteLength;
    connection.writer.write(FrameType.DATA, 0, this.id, isWhole ? piece : piece.subarray(0, length));
    this.#sendWindow -= length;
    connection.sendWindow -= length;
    this.#unsentBytes -= length;
    if (!isWhole) {
      this.#waiting[this.#next] = piece.subarray(length);
      return;
    }
    this.#next += 1;
    if (this.#next < SENT_PIECES) return;
    this.#waiting = this.#waiting.slice(this.#next);
    this.#next = 0;
  }

  #openWindow(): void {
    const taken = this.#windowBytes - this.#receiveWindow;
    if (this.#isPaused || this.#isClosed || this.#hasClientEnded || taken * 2 < this.#windowBytes) return;
    this.#receiveWindow = this.#windowBytes;
    this.#connection.writer.writeNumber(FrameType.WINDOW_UPDATE, this.id, taken);
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#hasClientEnded) this.close();
  }
}

/** So many pieces that were sent are kept at most. */
const SENT_PIECES = 256;
