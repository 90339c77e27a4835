import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { DrainingServer } from '../../base/index.ts';
import type { RepositoryAction, RepositorySync, RepositoryTurn } from '../../repository/index.ts';
import { CONNECT_LIMIT_MS } from '../connect-limit.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { type LivenessLimits, LivenessWatch, type WatchedConnection } from '../liveness.ts';
import { probeEngine } from './engine-probe.ts';
import { readModelName } from './grpc-model-name.ts';
import { CONTROL_REFUSED, isGrpcModelControl } from './model-control.ts';
import { grpcRepositoryAction } from './repository-request.ts';

export interface GrpcGatewayOptions {
  /** Whether clients may load and unload models. */
  readonly allowsControl: boolean;
  /** Brings the engine's repository up to date before clients list and load its models. */
  readonly sync?: RepositorySync | undefined;
  /** Called after a client's load or unload has ended. */
  readonly onModelControl?: () => void;
  readonly liveness?: LivenessLimits;
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
  readonly #server: DrainingServer;
  #target: GrpcTarget | undefined;

  constructor(options: GrpcGatewayOptions) {
    this.#options = options;
    const server = http2.createServer({ settings: SETTINGS, maxSessionMemory: MAX_SESSION_MEGABYTES });
    server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    });
    server.on('session', (session) => this.#take(session));
    server.on('sessionError', () => undefined);
    this.#server = new DrainingServer(server, { drainMs: 0 });
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#server.listen(host, port, purpose);
  }

  /** From now on connections go there; with none, new ones are closed. Those that exist end with their engine. */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    this.#target?.watch.retire();
    this.#target =
      endpoints?.grpc === undefined
        ? undefined
        : new GrpcTarget(endpoints.grpc, endpoints, this.#options.liveness);
  }

  #take(client: http2.ServerHttp2Session): void {
    client.on('error', () => undefined);
    const target = this.#target;
    if (!target || this.#server.isClosing) {
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
      const forward = () => {
        target.begin(engine, stream);
        pass(engine, stream, target.headers(headers), isAll);
      };
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
    this.#target?.watch.retire();
    return this.#server.close();
  }
}

const SETTINGS = { initialWindowSize: WINDOW_BYTES, enablePush: false } as const;

/** Where calls go, and what they carry there. */
class GrpcTarget {
  readonly #url: URL;
  readonly #tls: EngineEndpoints['tls'];
  readonly #added: http2.OutgoingHttpHeaders;
  readonly #sessions = new Map<
    http2.ClientHttp2Session,
    { calls: number; readonly watched: WatchedConnection }
  >();
  readonly watch: LivenessWatch;

  constructor(address: string, endpoints: EngineEndpoints, limits: LivenessLimits | undefined) {
    const { headers = {}, tls } = endpoints;
    this.watch = new LivenessWatch({
      inUse: () => this.#sessionsInUse(),
      probe: (signal) => probeEngine(endpoints, signal),
      limits,
    });
    this.#url = new URL(address.includes('://') ? address.replace(/^grpc/, 'http') : `http://${address}`);
    this.#tls = tls;
    this.#added = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
  }

  *#sessionsInUse(): Generator<WatchedConnection> {
    for (const { calls, watched } of this.#sessions.values()) if (calls > 0) yield watched;
  }

  connect(): http2.ClientHttp2Session {
    const session = http2.connect(this.#url, {
      ...this.#tls,
      settings: SETTINGS,
      maxSessionMemory: MAX_SESSION_MEGABYTES,
    });
    const timer = setTimeout(() => session.destroy(new Error('no connection in time')), CONNECT_LIMIT_MS);
    session.once('connect', () => clearTimeout(timer));
    session.once('close', () => clearTimeout(timer));
    session.once('connect', () => session.setLocalWindowSize(WINDOW_BYTES));
    const watched = {
      get bytesRead() {
        return session.destroyed ? 0 : session.socket.bytesRead;
      },
      get bytesWritten() {
        return session.destroyed ? 0 : session.socket.bytesWritten;
      },
      destroy: (error: Error) => session.destroy(error),
    };
    this.#sessions.set(session, { calls: 0, watched });
    session.once('close', () => this.#sessions.delete(session));
    return session;
  }

  /** Counts a call as under way until its stream closes. */
  begin(session: http2.ClientHttp2Session, stream: http2.ServerHttp2Stream): void {
    const entry = this.#sessions.get(session);
    if (!entry) return;
    entry.calls += 1;
    stream.once('close', () => {
      entry.calls -= 1;
    });
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
