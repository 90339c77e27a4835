import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { listen } from '../../base/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { CONTROL_REFUSED, isGrpcModelControl } from './model-control.ts';

export interface GrpcGatewayOptions {
  /** Whether clients may load and unload models. */
  readonly allowsControl: boolean;
  /** Called after a client's load or unload has ended. */
  readonly onModelControl?: () => void;
}

/** gRPC's code for "unavailable", which Triton answers a load with where none is allowed. */
const UNAVAILABLE = '14';
/** What a sender may have under way unread; gRPC's own libraries take some megabytes, HTTP/2's default is 64 kB. */
const WINDOW_BYTES = 4 << 20;
const MAX_SESSION_MEGABYTES = 1_024;

/**
 * A listener that passes gRPC on to an engine, call by call: paths and header fields are read, messages pass as the
 * bytes they are. Each client's connection has one of its own to the engine and ends with it.
 */
export class GrpcGateway implements AsyncDisposable {
  readonly #options: GrpcGatewayOptions;
  readonly #server: http2.Http2Server;
  readonly #sockets = new Set<Socket>();
  #target: GrpcTarget | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GrpcGatewayOptions) {
    this.#options = options;
    this.#server = http2.createServer({ settings: SETTINGS, maxSessionMemory: MAX_SESSION_MEGABYTES });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
    this.#server.on('session', (session) => this.#take(session));
    this.#server.on('sessionError', () => undefined);
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return listen(this.#server, host, port, purpose);
  }

  /** From now on connections go there; with none, new ones are closed. Those that exist end with their engine. */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    this.#target = endpoints?.grpc === undefined ? undefined : new GrpcTarget(endpoints.grpc, endpoints);
  }

  #take(client: http2.ServerHttp2Session): void {
    client.on('error', () => undefined);
    const target = this.#target;
    if (!target || this.#closing) {
      client.destroy();
      return;
    }
    client.setLocalWindowSize(WINDOW_BYTES);
    const engine = target.connect();
    engine.on('error', () => client.destroy());
    engine.once('close', () => client.destroy());
    client.once('close', () => engine.destroy());
    client.on('stream', (stream, headers, flags) => {
      const isControl = isGrpcModelControl(headers[':path']);
      if (isControl && !this.#options.allowsControl) {
        refuse(stream);
        return;
      }
      if (isControl) stream.once('close', () => this.#options.onModelControl?.());
      pass(engine, stream, target.headers(headers), (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0);
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (!this.#server.listening) return resolve();
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closing;
  }
}

const SETTINGS = { initialWindowSize: WINDOW_BYTES, enablePush: false } as const;

/** Where calls go, and what they carry there. */
class GrpcTarget {
  readonly #url: URL;
  readonly #tls: EngineEndpoints['tls'];
  readonly #added: http2.OutgoingHttpHeaders;

  constructor(address: string, { headers = {}, tls }: EngineEndpoints) {
    this.#url = new URL(address.includes('://') ? address.replace(/^grpc/, 'http') : `http://${address}`);
    this.#tls = tls;
    this.#added = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
  }

  connect(): http2.ClientHttp2Session {
    const session = http2.connect(this.#url, {
      ...this.#tls,
      settings: SETTINGS,
      maxSessionMemory: MAX_SESSION_MEGABYTES,
    });
    session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
    return session;
  }

  headers(given: http2.IncomingHttpHeaders): http2.OutgoingHttpHeaders {
    return {
      ...given,
      ...this.#added,
      ':authority': this.#url.host,
      ':scheme': this.#url.protocol.slice(0, -1),
    };
  }
}

function refuse(stream: http2.ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': UNAVAILABLE,
      'grpc-message': encodeURI(CONTROL_REFUSED),
    },
    { endStream: true },
  );
}

function pass(
  engine: http2.ClientHttp2Session,
  client: http2.ServerHttp2Stream,
  headers: http2.OutgoingHttpHeaders,
  endStream: boolean,
): void {
  const call = engine.request(headers, { endStream });
  let trailers: http2.IncomingHttpHeaders | undefined;
  client.on('error', () => call.close(http2.constants.NGHTTP2_CANCEL));
  call.on('error', () => client.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
  client.once('aborted', () => call.close(http2.constants.NGHTTP2_CANCEL));
  // An end without trailers is no answer.
  call.once('close', () => {
    if (!trailers && !client.closed) client.close(call.rstCode || http2.constants.NGHTTP2_INTERNAL_ERROR);
  });
  call.once('response', (answer, flags) => {
    if (client.destroyed || client.headersSent) return;
    const isAll = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    client.respond(answer, { endStream: isAll, waitForTrailers: !isAll });
    if (isAll) {
      trailers = answer;
      return;
    }
    client.once('wantTrailers', () => client.sendTrailers(trailers ?? {}));
    call.pipe(client);
  });
  call.once('trailers', (fields) => {
    trailers = fields;
  });
  if (!endStream) client.pipe(call);
}
