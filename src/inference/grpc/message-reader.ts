import type { HeldBytes } from '../held-bytes.ts';
import { FRAME_BYTES } from './infer-response.ts';
import { MAX_MESSAGE_BYTES, type MessageEncoding, tooLarge, unpack } from './unpack.ts';

/** Messages up to this size are not counted: how many there are is limited by the number of calls. */
const SMALL_BYTES = 64 * 1024;

/** A whole message and how many of its bytes count as held until `release`. */
export interface ReceivedMessage {
  readonly bytes: Buffer;
  readonly release: () => void;
}

export interface MessageReaderOptions {
  /** The `grpc-encoding` of the call; undefined where messages are not compressed. */
  readonly encoding: MessageEncoding | undefined;
  readonly held: HeldBytes;
  readonly onMessage: (message: ReceivedMessage) => void;
  readonly onError: (error: unknown) => void;
}

const NOTHING = () => undefined;
const EMPTY = Buffer.alloc(0);

/**
 * Splits the bytes of a call into messages, in order. A message that arrives in one piece stays a view of it. A compressed
 * message is unpacked first; those behind it wait.
 */
export class MessageReader {
  readonly #options: MessageReaderOptions;
  /** The beginning of a frame that is not complete. */
  #header: Buffer | undefined;
  #headerLength = 0;
  /** Of the message that is being received. */
  #length = 0;
  #isCompressed = false;
  #received: Buffer = EMPTY;
  #receivedLength = 0;
  #counted = 0;
  /** Settles when every message before the next one has been passed on. */
  #unpacking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
  }

  /** Resolves when every complete message has been passed on; undefined where that is so already. */
  get unpacking(): Promise<void> | undefined {
    return this.#unpacking;
  }

  push(chunk: Buffer): void {
    let at = 0;
    try {
      while (at < chunk.length && !this.#isClosed) at = this.#take(chunk, at);
    } catch (error) {
      this.close();
      this.#options.onError(error);
    }
  }

  /** Lets go of an incomplete message; what is pushed later is thrown away. */
  close(): void {
    this.#isClosed = true;
    this.#received = EMPTY;
    this.#options.held.release(this.#counted);
    this.#counted = 0;
  }

  /** @returns where the next part begins */
  #take(chunk: Buffer, start: number): number {
    let at = start;
    if (this.#headerLength < FRAME_BYTES) {
      at = this.#takeHeader(chunk, at);
      if (this.#headerLength < FRAME_BYTES || this.#isClosed) return chunk.length;
    }
    const rest = this.#length - this.#receivedLength;
    const part = Math.min(rest, chunk.length - at);
    if (this.#receivedLength === 0 && part === this.#length) this.#finish(chunk.subarray(at, at + part));
    else {
      this.#append(chunk, at, part);
      if (this.#receivedLength === this.#length) this.#finish(this.#received.subarray(0, this.#length));
    }
    return at + part;
  }

  /** Most often the whole of it is there. */
  #takeHeader(chunk: Buffer, start: number): number {
    if (this.#headerLength === 0 && chunk.length - start >= FRAME_BYTES) {
      this.#headerLength = FRAME_BYTES;
      this.#begin(chunk[start] ?? 0, chunk.readUInt32BE(start + 1));
      return start + FRAME_BYTES;
    }
    const length = Math.min(FRAME_BYTES - this.#headerLength, chunk.length - start);
    this.#header ??= Buffer.alloc(FRAME_BYTES);
    chunk.copy(this.#header, this.#headerLength, start, start + length);
    this.#headerLength += length;
    if (this.#headerLength === FRAME_BYTES) this.#begin(this.#header[0] ?? 0, this.#header.readUInt32BE(1));
    return start + length;
  }

  #begin(flag: number, length: number): void {
    this.#length = length;
    this.#receivedLength = 0;
    // Without an encoding the flag means nothing, as in gRPC's own library.
    this.#isCompressed = flag === 1 && length > 0 && this.#options.encoding !== undefined;
    if (flag > 1) this.#breakOff();
  }

  /** A message with an unknown flag counts as empty, and nothing after it is read. */
  #breakOff(): void {
    this.#length = 0;
    this.#finish(EMPTY);
    this.#isClosed = true;
  }

  #append(chunk: Buffer, at: number, length: number): void {
    const needed = this.#receivedLength + length;
    if (needed > MAX_MESSAGE_BYTES) throw tooLarge(this.#length);
    if (needed > SMALL_BYTES) this.#hold(needed - this.#counted);
    if (needed > this.#received.length) {
      // Room is made for the bytes received, not for the announced length.
      const grown = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(2 * needed, SMALL_BYTES)));
      this.#received.copy(grown, 0, 0, this.#receivedLength);
      this.#received = grown;
    }
    chunk.copy(this.#received, this.#receivedLength, at, at + length);
    this.#receivedLength = needed;
  }

  #hold(bytes: number): void {
    this.#options.held.add(bytes);
    this.#counted += bytes;
  }

  #finish(bytes: Buffer): void {
    const counted = this.#counted;
    const isCompressed = this.#isCompressed;
    this.#headerLength = 0;
    this.#received = EMPTY;
    this.#receivedLength = 0;
    this.#counted = 0;
    if (!isCompressed && !this.#unpacking) this.#pass(bytes, counted);
    else {
      const task = (this.#unpacking ?? Promise.resolve()).then(() =>
        this.#unpack(bytes, counted, isCompressed),
      );
      this.#unpacking = task;
      void task.finally(() => {
        if (this.#unpacking === task) this.#unpacking = undefined;
      });
    }
  }

  async #unpack(bytes: Buffer, counted: number, isCompressed: boolean): Promise<void> {
    const { held, onError, encoding } = this.#options;
    if (this.#isClosed) {
      held.release(counted);
      return;
    }
    if (!isCompressed) {
      this.#pass(bytes, counted);
      return;
    }
    try {
      const unpacked = encoding ? await unpack(bytes, encoding, held) : bytes;
      if (this.#isClosed) held.release(unpacked.length);
      else this.#pass(unpacked, unpacked.length);
    } catch (error) {
      this.close();
      onError(error);
    } finally {
      held.release(counted);
    }
  }

  #pass(bytes: Buffer, counted: number): void {
    if (counted === 0) {
      this.#options.onMessage({ bytes, release: NOTHING });
      return;
    }
    let left = counted;
    const release = () => {
      this.#options.held.release(left);
      left = 0;
    };
    this.#options.onMessage({ bytes, release });
  }
}
