import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';

/** What a call came to, as it was on the wire. */
export interface GrpcOutcome {
  /** The status of HTTP; 0 where the stream was closed without an answer. */
  readonly httpStatus: number;
  /** `grpc-status`; undefined where there was none. */
  readonly status: number | undefined;
  /** `grpc-message`, decoded. */
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly trailers: Readonly<Record<string, string>>;
  readonly messages: readonly GrpcMessage[];
  /** The code of a RST_STREAM other than NO_ERROR, or of a lost connection. */
  readonly reset: string | undefined;
}

/** A message in its frame: the flag and what it frames. */
export interface GrpcMessage {
  readonly compressed: boolean;
  readonly bytes: Buffer;
}

export interface CallOptions {
  /** Fields beside or in place of the usual ones; undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A message of gRPC with its frame of five bytes. */
export function frame(message: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A connection that carries calls; nothing is checked before it is sent. */
export class GrpcConnection implements Disposable {
  readonly #session: ClientHttp2Session;

  constructor(port: number) {
    this.#session = connect(`http://127.0.0.1:${port}`);
    // What breaks a connection is seen in the outcomes of its calls.
    this.#session.on('error', () => undefined);
  }

  /** Opens a stream to `/SERVICE/METHOD`. */
  call(path: string, { headers = {} }: CallOptions = {}): GrpcCall {
    const fields: Record<string, string | undefined> = {
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    };
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    return new GrpcCall(this.#session.request(Object.fromEntries(given)));
  }

  /** Sends bytes as the body of a call and waits for its outcome. */
  async exchange(path: string, body: Uint8Array, options?: CallOptions): Promise<GrpcOutcome> {
    const call = this.call(path, options);
    call.send(body);
    call.end();
    return call.outcome;
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }
}

const CALL_LIMIT_MS = 60_000;

/** A call while it runs. */
export class GrpcCall {
  readonly outcome: Promise<GrpcOutcome>;
  readonly #stream: ClientHttp2Stream;
  readonly #messages: GrpcMessage[] = [];
  readonly #waiting: (() => void)[] = [];
  #pieces: Buffer[] = [];
  #pending = 0;
  /** Bytes that the next frame takes as far as is known. */
  #wanted = 5;
  #closed = false;

  constructor(stream: ClientHttp2Stream) {
    this.#stream = stream;
    this.outcome = this.#follow();
  }

  /** The messages received so far. */
  get messages(): readonly GrpcMessage[] {
    return this.#messages;
  }

  send(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#stream.write(bytes);
  }

  /** Half-closes the call: nothing more is sent. */
  end(): void {
    this.#stream.end();
  }

  /** Resets the stream, as a client does that cancels. */
  cancel(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  /** Resolves once so many messages have come, or the call is over. */
  async received(count: number): Promise<readonly GrpcMessage[]> {
    while (this.#messages.length < count && !this.#closed)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.#messages;
  }

  #follow(): Promise<GrpcOutcome> {
    return new Promise((resolve, reject) => {
      const stream = this.#stream;
      let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
      let trailers: IncomingHttpHeaders = {};
      let failure: string | undefined;
      const timer = setTimeout(() => {
        stream.close(constants.NGHTTP2_CANCEL);
        reject(new Error(`no end of a call to ${stream.sentHeaders?.[':path']}`));
      }, CALL_LIMIT_MS);
      stream.on('response', (fields) => {
        headers = fields;
      });
      stream.on('trailers', (fields) => {
        trailers = fields;
      });
      stream.on('data', (piece: Buffer) => this.#take(piece));
      stream.on('error', (error: NodeJS.ErrnoException) => {
        failure ??= error.code ?? error.message;
      });
      stream.on('close', () => {
        clearTimeout(timer);
        this.#closed = true;
        this.#wake();
        const ends = { ...headers, ...trailers };
        resolve({
          httpStatus: Number(headers[':status'] ?? 0),
          status: ends['grpc-status'] === undefined ? undefined : Number(ends['grpc-status']),
          message: decodePercent(String(ends['grpc-message'] ?? '')),
          headers: asTexts(headers),
          trailers: asTexts(trailers),
          messages: this.#messages,
          reset: failure === undefined ? undefined : `${failure} ${stream.rstCode}`,
        });
      });
    });
  }

  #take(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#pending += piece.length;
    if (this.#pending < this.#wanted) return;
    let received = Buffer.concat(this.#pieces);
    this.#wanted = 5;
    while (received.length >= 5) {
      const end = 5 + received.readUInt32BE(1);
      if (received.length < end) {
        this.#wanted = end;
        break;
      }
      this.#messages.push({ compressed: received[0] === 1, bytes: Buffer.from(received.subarray(5, end)) });
      received = received.subarray(end);
    }
    this.#pieces = [received];
    this.#pending = received.length;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Bytes of UTF-8 whose unprintable ones are `%XX`, as `grpc-message` has them. */
function decodePercent(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

function asTexts(fields: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}
