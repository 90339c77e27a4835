import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { listen } from '../../base/index.ts';
import type { RepositoryAction, RepositorySync, RepositoryTurn } from '../../repository/index.ts';
import type { EngineEndpoints } from '../engine.ts';
import { CONTROL_REFUSED, grpcRepositoryAction, isGrpcModelControl } from './control-rule.ts';
import { readModelName } from './grpc-model-name.ts';

export interface GrpcGatewayOptions {
  /** Whether clients may load and unload models. */
  readonly allowsControl: boolean;
  /** Brings the engine's repository up to date before clients list and load its models. */
  readonly sync?: RepositorySync | undefined;
  /** Called after a client's load or unload has ended. */
  readonly onModelControl?: () => void;
}

/** gRPC's code for "unavailable", which Triton answers a load with where none is allowed. */
const UNAVAILABLE = '14';
const INTERNAL = '13';
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
        refuse(stream, UNAVAILABLE, CONTROL_REFUSED);
        return;
      }
      if (isControl) stream.once('close', () => this.#options.onModelControl?.());
      const isAll = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      const forward = () => pass(engine, stream, target.headers(headers), isAll);
      const action = this.#options.sync && grpcRepositoryAction(headers[':path']);
      if (action) void this.#passInTurn(action, stream, forward);
      else forward();
    });
  }

  /** A call of the repository API: the engine's files come first, and our own reload waits for the answer. */
  async #passInTurn(
    action: RepositoryAction,
    stream: http2.ServerHttp2Stream,
    forward: () => void,
  ): Promise<void> {
    stream.on('error', () => undefined);
    const model = action === 'index' ? '' : await readModelName(stream);
    let turn: RepositoryTurn | undefined;
    try {
      if (model !== undefined) turn = await this.#options.sync?.begin(action, model);
    } catch {
      refuse(stream, INTERNAL, `failed to load '${model}', failed to poll from model repository`);
      return;
    }
    const end = () => void turn?.end(stream.sentTrailers?.['grpc-status'] === '0');
    if (stream.closed) {
      end();
      return;
    }
    stream.once('close', end);
    forward();
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

function refuse(stream: http2.ServerHttp2Stream, status: string, message: string): void {
  stream.on('error', () => undefined);
  if (stream.destroyed) return;
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': status,
      'grpc-message': encodeURI(message),
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
