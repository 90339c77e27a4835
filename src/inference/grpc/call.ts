import {
  ErrorCode,
  encodeHeaders,
  type HeaderField,
  type RequestFields,
  type ServerStream,
  type StreamHandler,
} from '../../http2/index.ts';
import type { HeldBytes } from '../held-bytes.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { readTimeout } from './deadline.ts';
import type { EncodedMessage } from './infer-response.ts';
import { MessageReader, type ReceivedMessage } from './message-reader.ts';
import { compressMessage } from './response-compression.ts';
import { encodeStatusMessage, GRPC_STATUS, GrpcError, type GrpcStatus, toGrpcError } from './status.ts';
import type { MessageEncoding } from './unpack.ts';

const STATUS_200 = { name: ':status', value: '200' };
const CONTENT_TYPE = { name: 'content-type', value: 'application/grpc' };
const ACCEPTED = { name: 'grpc-accept-encoding', value: 'identity, deflate, gzip' };
const HEAD = encodeHeaders([STATUS_200, CONTENT_TYPE, ACCEPTED]);
const headOf = (encoding: MessageEncoding) =>
  encodeHeaders([STATUS_200, CONTENT_TYPE, { name: 'grpc-encoding', value: encoding }, ACCEPTED]);
const COMPRESSED_HEAD = { gzip: headOf('gzip'), deflate: headOf('deflate') };
const SUCCESS = encodeHeaders([{ name: 'grpc-status', value: '0' }]);
const SUCCESS_ALONE = encodeHeaders([STATUS_200, CONTENT_TYPE, { name: 'grpc-status', value: '0' }]);

export interface GrpcCallOptions {
  readonly held: HeldBytes;
  /** Learns what is sent. */
  readonly limits?: ConnectionLimits | undefined;
  /** How responses are compressed; undefined if they are not. */
  readonly compression?: MessageEncoding | undefined;
  /** Metadata that the model gets as parameters. */
  readonly forwarded?: ReadonlyMap<string, string> | undefined;
}

/** How long a client may take to end its side of a finished call; what it still sends is discarded. */
const LINGER_MS = 2_000;

/** What a call is answered by. */
export interface CallHandler {
  /** Takes the messages of the client in order. */
  readonly onMessage: (message: ReceivedMessage) => void;
  /** The client sends no more. */
  readonly onEnd: () => void;
  /** The call is over: nothing more can be sent, and work in progress for it can be cancelled. */
  readonly onClose: () => void;
  /** The server stops: finish the requests in progress and end the call, which might stay open for ever otherwise. */
  readonly drain?: () => void;
}

/**
 * One call on its HTTP/2 stream. The head is sent with the first message; if the call fails before, the head carries the
 * status, as with gRPC's own library.
 */
export class GrpcCall implements StreamHandler {
  readonly metadata: RequestFields;
  /** Metadata that the model gets as parameters. */
  readonly forwarded: ReadonlyMap<string, string> | undefined;
  readonly #stream: ServerStream;
  readonly #held: HeldBytes;
  readonly #limits: ConnectionLimits | undefined;
  readonly #compression: MessageEncoding | undefined;
  readonly #reader: MessageReader;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Whether its deadline had passed on arrival. */
  readonly #isLate: boolean;
  #handler: CallHandler | undefined;
  #status: GrpcError | undefined;
  #isFinished = false;
  #linger: NodeJS.Timeout | undefined;
  /** Unsent bytes that count as held. */
  #counted = 0;
  /** Settles once everything before is compressed and written; undefined without compression. */
  #compressing: Promise<void> | undefined;
  #compressingBytes = 0;

  constructor(
    stream: ServerStream,
    metadata: RequestFields,
    { held, limits, compression, forwarded }: GrpcCallOptions,
  ) {
    this.#stream = stream;
    this.#held = held;
    this.#limits = limits;
    this.#compression = compression;
    this.metadata = metadata;
    this.forwarded = forwarded;
    const encoding = metadata['grpc-encoding'];
    this.#reader = new MessageReader({
      encoding: encoding === 'identity' ? undefined : (encoding as MessageEncoding | undefined),
      held,
      onMessage: (message) => this.#take(message),
      onError: (error) => this.fail(error),
    });
    const timeout = readTimeout(metadata['grpc-timeout']);
    this.#isLate = timeout === 0;
    if (timeout) this.#timer = setTimeout(() => this.fail(DEADLINE_EXCEEDED), timeout);
  }

  /** Undefined until the call has ended; then its status. */
  get status(): GrpcStatus | undefined {
    if (!this.#isFinished) return undefined;
    return this.#status?.status ?? GRPC_STATUS.OK;
  }

  /** Whether nothing can be sent any more. */
  get isOver(): boolean {
    return this.#isFinished || this.#stream.isClosed;
  }

  /** Bytes that wait until the client takes them. */
  get unsentBytes(): number {
    return this.#stream.unsentBytes + this.#compressingBytes;
  }

  /** The handler answers the call. */
  begin(handler: CallHandler): void {
    this.#handler = handler;
    if (this.#isLate) this.fail(DEADLINE_EXCEEDED);
  }

  pause(): void {
    this.#stream.pause();
  }

  /** Calls back once the client has taken what was sent. */
  whenDrained(callback: () => void): void {
    const whenWritten = () => {
      if (this.#stream.unsentBytes > 0) this.#stream.whenDrained(callback);
      else callback();
    };
    if (this.#compressing) void this.#compressing.then(whenWritten);
    else whenWritten();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Sends one of several messages. */
  send(message: EncodedMessage): void {
    if (this.isOver) return;
    this.#write(message);
  }

  /** Ends the call with success, with a last message where there is one. */
  succeed(message?: EncodedMessage): void {
    if (this.isOver) return;
    if (message) this.#write(message);
    if (this.#stream.isClosed) return;
    this.#finish(SUCCESS, SUCCESS_ALONE);
  }

  /** Ends the call with the status of an error. */
  fail(thrown: unknown): void {
    if (this.isOver) return;
    this.#status = toGrpcError(thrown);
    const fields = statusFields(this.#status);
    this.#finish(encodeHeaders(fields), encodeHeaders([STATUS_200, CONTENT_TYPE, ...fields]));
    this.#notifyClosed();
  }

  /** Ends the call as gRPC's library does where the fields of a request are wrong. */
  reset(): void {
    this.#isFinished = true;
    this.#stream.reset(ErrorCode.INTERNAL_ERROR);
  }

  onData(bytes: Buffer): void {
    this.#reader.push(bytes);
  }

  onEnd(): void {
    const unpacking = this.#reader.unpacking;
    if (unpacking) void unpacking.then(() => this.onEnd());
    else if (!this.#isFinished) this.#handler?.onEnd();
  }

  onClose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#linger);
    this.#reader.close();
    if (this.#counted > 0) this.#held.release(this.#counted);
    this.#counted = 0;
    if (!this.#isFinished) {
      this.#isFinished = true;
      this.#status = CANCELLED;
    }
    this.#notifyClosed();
  }

  /**
   * Responses that wait for the client count as memory of requests. When that is used up, the call is reset, which the
   * client's library reports as RESOURCE_EXHAUSTED. A response is always accepted if nothing else is held.
   */
  #countUnsent(): void {
    if (this.#stream.isClosed) return;
    const added = this.unsentBytes - this.#counted;
    try {
      if (added > 0) this.#held.add(added);
      else this.#held.release(-added);
      this.#counted += added;
    } catch {
      this.#stream.reset(ErrorCode.ENHANCE_YOUR_CALM);
    }
  }

  #take(message: ReceivedMessage): void {
    if (this.#isFinished) {
      message.release();
      return;
    }
    this.#handler?.onMessage(message);
  }

  #write(message: EncodedMessage): void {
    const encoding = this.#compression;
    if (encoding === undefined) {
      this.#respond(HEAD, message);
    } else {
      const size = message.reduce((sum, piece) => sum + piece.byteLength, 0);
      this.#compressingBytes += size;
      this.#afterCompressing(async () => {
        const compressed = await compressMessage(message, encoding);
        this.#compressingBytes -= size;
        this.#respond(COMPRESSED_HEAD[encoding], compressed);
      });
      this.#countUnsent();
    }
  }

  #respond(head: Buffer, message: EncodedMessage): void {
    this.#limits?.hasSent();
    this.#stream.respond(head);
    for (const piece of message) this.#stream.write(piece);
    if (this.#counted > 0 || this.#stream.unsentBytes > 0) this.#countUnsent();
  }

  #afterCompressing(next: () => Promise<void> | void): void {
    this.#compressing = (this.#compressing ?? Promise.resolve()).then(next);
  }

  /** @param alone the status where nothing was sent before */
  #finish(trailers: Buffer, alone: Buffer): void {
    this.#isFinished = true;
    this.#reader.close();
    clearTimeout(this.#timer);
    if (this.#compressing) this.#afterCompressing(() => this.#sendStatus(trailers, alone));
    else this.#sendStatus(trailers, alone);
  }

  #sendStatus(trailers: Buffer, alone: Buffer): void {
    const stream = this.#stream;
    this.#limits?.hasSent();
    if (stream.hasResponded) stream.end(trailers);
    else stream.respond(alone, true);
    // Closing the stream immediately would discard the status that is still to be sent.
    if (!stream.hasClientEnded && !stream.isClosed)
      this.#linger = setTimeout(() => stream.reset(ErrorCode.NO_ERROR), LINGER_MS).unref();
  }

  #notifyClosed(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onClose();
  }
}

const DEADLINE_EXCEEDED = new GrpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'Deadline Exceeded');
const CANCELLED = new GrpcError(GRPC_STATUS.CANCELLED, 'CANCELLED');

function statusFields({ status, message }: GrpcError): HeaderField[] {
  const code = { name: 'grpc-status', value: String(status) };
  return message === '' ? [code] : [code, { name: 'grpc-message', value: encodeStatusMessage(message) }];
}
