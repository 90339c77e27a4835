import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { HeldBytes } from '../held-bytes.ts';
import type { Connection } from './connection.ts';
import { readTimeout } from './deadline.ts';
import type { EncodedMessage } from './infer-response.ts';
import { MessageReader, type ReceivedMessage } from './message-reader.ts';
import { compressMessage } from './response-compression.ts';
import { encodeStatusMessage, GRPC_STATUS, GrpcError, type GrpcStatus, toGrpcError } from './status.ts';
import type { MessageEncoding } from './unpack.ts';

const HEAD = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity, deflate, gzip',
} as const;
const HEAD_OF_STATUS = { ':status': 200, 'content-type': 'application/grpc' } as const;
const SUCCESS = { 'grpc-status': '0' } as const;
const WITH_TRAILERS = { waitForTrailers: true, sendDate: false } as const;
const ENTIRE = { endStream: true, sendDate: false } as const;

export interface GrpcCallOptions {
  readonly held: HeldBytes;
  /** Undefined once it is closed. */
  readonly connection: Connection | undefined;
  /** How responses are compressed; undefined if they are not. */
  readonly compression: MessageEncoding | undefined;
  /** Metadata that the model gets as parameters. */
  readonly forwarded: ReadonlyMap<string, string> | undefined;
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
export class GrpcCall {
  readonly metadata: IncomingHttpHeaders;
  /** Metadata that the model gets as parameters. */
  readonly forwarded: ReadonlyMap<string, string> | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #reader: MessageReader;
  readonly #connection: Connection | undefined;
  readonly #compression: MessageEncoding | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Whether its deadline had passed on arrival. */
  readonly #isLate: boolean;
  #handler: CallHandler | undefined;
  #status: GrpcError | undefined;
  #isFinished = false;
  #hasEnded = false;
  #linger: NodeJS.Timeout | undefined;

  /** Settles once every message before the next one is compressed and written; undefined without compression. */
  #compressing: Promise<void> | undefined;
  #compressingBytes = 0;

  constructor(
    stream: ServerHttp2Stream,
    metadata: IncomingHttpHeaders,
    { held, connection, compression, forwarded }: GrpcCallOptions,
  ) {
    this.#stream = stream;
    this.metadata = metadata;
    this.forwarded = forwarded;
    this.#connection = connection;
    this.#compression = compression;
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
    return this.#isFinished || this.#stream.closed || this.#stream.destroyed;
  }

  /** Bytes that wait until the client takes them. */
  get unsentBytes(): number {
    return this.#stream.writableLength + this.#compressingBytes;
  }

  /** Starts reading; the handler answers the call. */
  begin(handler: CallHandler): void {
    this.#handler = handler;
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => this.#reader.push(chunk));
    stream.on('end', () => this.#end());
    stream.on('close', () => this.#close());
    if (this.#isLate) this.fail(DEADLINE_EXCEEDED);
  }

  pause(): void {
    this.#stream.pause();
  }

  /** Calls back once the client has taken what was sent. */
  whenDrained(callback: () => void): void {
    const afterWrites = () => {
      if (this.#stream.writableNeedDrain) this.#stream.once('drain', callback);
      else callback();
    };
    if (this.#compressing) void this.#compressing.then(afterWrites);
    else this.#stream.once('drain', callback);
  }

  resume(): void {
    this.#stream.resume();
  }

  send(message: EncodedMessage): void {
    if (this.isOver) return;
    this.#inOrder(message, (encoded) => this.#write(encoded));
  }

  /** Ends the call with success, with a last message where there is one. */
  succeed(message?: EncodedMessage): void {
    if (this.isOver) return;
    this.#finish();
    this.#inOrder(message, (encoded) => this.#endWithSuccess(encoded));
  }

  /** Ends the call with the status of an error. */
  fail(thrown: unknown): void {
    if (this.isOver) return;
    this.#status = toGrpcError(thrown);
    const fields = statusFields(this.#status);
    this.#finish();
    this.#inOrder(undefined, () => {
      this.#connection?.hasSent();
      if (this.#stream.headersSent) this.#stream.end();
      else {
        this.#stream.respond({ ...HEAD_OF_STATUS, ...fields }, ENTIRE);
        this.#letGo();
      }
    });
    this.#notifyClosed();
  }

  /** Ends the call as gRPC's library does where the fields of a request are wrong. */
  reset(): void {
    this.#isFinished = true;
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Writes at once or, where responses are compressed, after those before it. */
  #inOrder<Message extends EncodedMessage | undefined>(
    message: Message,
    write: (message: Message | EncodedMessage) => void,
  ): void {
    const encoding = this.#compression;
    if (encoding === undefined) {
      write(message);
      return;
    }
    let size = 0;
    for (const piece of message ?? []) size += piece.byteLength;
    this.#compressingBytes += size;
    const compress = async () => {
      const compressed = message && (await compressMessage(message, encoding));
      this.#compressingBytes -= size;
      if (!this.#stream.closed && !this.#stream.destroyed) write(compressed ?? message);
    };
    this.#compressing = (this.#compressing ?? Promise.resolve()).then(compress);
  }

  #write(message: EncodedMessage): void {
    this.#respond();
    for (const piece of message) this.#stream.write(piece);
  }

  #endWithSuccess(message: EncodedMessage | undefined): void {
    if (message === undefined && !this.#stream.headersSent) {
      this.#connection?.hasSent();
      this.#stream.respond({ ...HEAD_OF_STATUS, ...SUCCESS }, ENTIRE);
      return;
    }
    this.#respond();
    if (message === undefined) {
      this.#stream.end();
      return;
    }
    const last = message.length - 1;
    for (let index = 0; index < last; index += 1) this.#stream.write(message[index]);
    this.#stream.end(message[last]);
  }

  #respond(): void {
    this.#connection?.hasSent();
    if (this.#stream.headersSent) return;
    this.#stream.once('wantTrailers', () => this.#sendTrailers());
    const encoding = this.#compression;
    this.#stream.respond(encoding ? { ...HEAD, 'grpc-encoding': encoding } : HEAD, WITH_TRAILERS);
  }

  #sendTrailers(): void {
    if (this.#stream.closed || this.#stream.destroyed) return;
    this.#stream.sendTrailers(this.#status ? statusFields(this.#status) : SUCCESS);
    this.#letGo();
  }

  /** Closing the stream immediately would discard the status that is still to be sent. */
  #letGo(): void {
    if (this.#hasEnded || this.#stream.readableEnded) return;
    this.#linger = setTimeout(() => this.#stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS);
    this.#linger.unref();
  }

  #take(message: ReceivedMessage): void {
    if (this.#isFinished) {
      message.release();
      return;
    }
    this.#handler?.onMessage(message);
  }

  #end(): void {
    this.#hasEnded = true;
    const unpacking = this.#reader.unpacking;
    if (unpacking) void unpacking.then(() => this.#end());
    else if (!this.#isFinished) this.#handler?.onEnd();
  }

  #finish(): void {
    this.#isFinished = true;
    this.#reader.close();
    clearTimeout(this.#timer);
  }

  #close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#linger);
    this.#reader.close();
    if (!this.#isFinished) {
      this.#isFinished = true;
      this.#status = CANCELLED;
    }
    this.#notifyClosed();
  }

  #notifyClosed(): void {
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onClose();
  }
}

const DEADLINE_EXCEEDED = new GrpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'Deadline Exceeded');
const CANCELLED = new GrpcError(GRPC_STATUS.CANCELLED, 'CANCELLED');

function statusFields({ status, message }: GrpcError): Record<string, string> {
  const fields: Record<string, string> = { 'grpc-status': String(status) };
  if (message !== '') fields['grpc-message'] = encodeStatusMessage(message);
  return fields;
}
