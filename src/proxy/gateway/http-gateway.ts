import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrainingServer, messageOf } from '../../base/index.ts';
import type { ModelControlMode } from '../../config/index.ts';
import type { RequestMeter } from '../../events/index.ts';
import { FOREIGN_ORIGIN_REFUSED, isForeignOrigin, stateChangeOf } from '../../kserve/index.ts';
import type { RepositorySync, RepositoryTurn } from '../../repository/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import type { LivenessLimits } from '../liveness.ts';
import { answerMalformed, refuseTunnel } from '../malformed-request.ts';
import { Backlog, type BacklogLimits } from './backlog.ts';
import { ClientConnection, type GatewayContext } from './client-connection.ts';
import { forward } from './forward.ts';
import { answerGatewayError } from './gateway-error.ts';
import type { RequestHead } from './message-head.ts';
import { CONTROL_REFUSED, notUpdated, repositoryRequest } from './repository-request.ts';
import { MAX_HEADER_BYTES, Upstream } from './upstream.ts';

export interface HttpGatewayOptions {
  readonly host: string;
  /** 0 picks any free port. */
  readonly port: number;
  readonly modelControlMode: ModelControlMode;
  /** Brings the engine's repository up to date before clients list or load models. */
  readonly sync?: RepositorySync | undefined;
  /** Called after the response to a client's load or unload. */
  readonly onModelControl?: () => void;
  /** Called when a connection cannot be accepted; the gateway keeps listening. */
  readonly onError?: (error: Error) => void;
  /** Records every request to this port. */
  readonly meter?: RequestMeter | undefined;
  readonly backlog?: BacklogLimits;
  readonly liveness?: LivenessLimits;
}

/** How long requests in flight may take to finish when the gateway closes. */
const DRAIN_MS = 30_000;
/** How often an engine that accepts no connections is tried again. */
const RECONNECT_MS = 200;
const RETRY_AFTER = { 'Retry-After': '1' } as const;

/**
 * Our own listener on Triton's HTTP port, in front of an engine that runs elsewhere: engines come and go while the port
 * stays open. Plain requests take the fast path of `ClientConnection`; node:http parses all others.
 */
export class HttpGateway implements AsyncDisposable {
  readonly #options: HttpGatewayOptions;
  readonly #server: DrainingServer;
  readonly #backlog: Backlog;
  readonly #context: GatewayContext;
  /** node:http's own connection listener: it handles a connection until it closes. */
  readonly #parse: (socket: Socket) => void;
  #upstream: Upstream | undefined;
  /** The upstream that has not answered since it refused or lost a connection. */
  #doubtful: Upstream | undefined;
  /** Whether it answers right after that. */
  #answering: Promise<boolean> | undefined;
  /** Why there is no engine, once no further start will be attempted. */
  #failure: string | undefined;

  constructor(options: HttpGatewayOptions) {
    this.#options = options;
    this.#backlog = new Backlog(options.backlog);
    // Idle connections stay open, as with Triton: clients pool them and do not expect them to close.
    const server = createServer(
      { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize: MAX_HEADER_BYTES },
      (request, response) => {
        this.#meter(request, response);
        this.listener(request, response);
      },
    );
    const [parse] = server.listeners('connection');
    this.#parse = (socket) => parse?.call(server, socket);
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.#meter(request, response);
      this.#take(request, response, true);
    });
    server.on('clientError', answerMalformed);
    server.on('connect', (_request, socket) => refuseTunnel(socket));
    server.removeAllListeners('connection');
    this.#context = this.#makeContext();
    server.on('connection', (socket) => new ClientConnection(socket, this.#context));
    const { onError } = options;
    this.#server = new DrainingServer(server, { drainMs: DRAIN_MS, ...(onError && { onError }) });
  }

  /** Handles a request that arrived at another listener of this process, which records it. */
  readonly listener: RequestListener = (request, response) => this.#take(request, response, false);

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(): Promise<number> {
    return this.#server.listen(this.#options.host, this.#options.port, 'Triton HTTP');
  }

  /** Sends requests there from now on, waiting ones first. Requests in flight finish where they are. */
  switchTo(endpoints: EngineEndpoints): void {
    this.#closeUpstreams();
    this.#failure = undefined;
    this.#upstream = new Upstream(endpoints, this.#options.liveness);
    this.#backlog.release();
  }

  /** Makes requests wait until the next `switchTo`. */
  pause(): void {
    this.#closeUpstreams();
  }

  /** Responds with 503 and the reason from now on, to waiting requests too: no engine will come back. */
  fail(reason: string): void {
    this.#closeUpstreams();
    this.#failure = reason;
    this.#backlog.release();
  }

  #closeUpstreams(): void {
    this.#upstream?.close();
    this.#doubtful?.close();
    this.#upstream = undefined;
    this.#doubtful = undefined;
  }

  /**
   * Makes requests wait, because the engine accepts no connection or has lost one. For an engine of ours that has exited,
   * `switchTo` follows; every other one is used again once it answers.
   */
  async #waitUntilLive(upstream: Upstream): Promise<void> {
    if (this.#upstream !== upstream) return;
    this.#upstream = undefined;
    this.#doubtful = upstream;
    this.#answering = upstream.answers();
    let answers = await this.#answering;
    while (this.#doubtful === upstream && !this.#server.isClosing) {
      if (answers) {
        this.#doubtful = undefined;
        this.#upstream = upstream;
        this.#backlog.release();
      } else {
        await sleep(RECONNECT_MS, undefined, { ref: false });
        answers = await upstream.answers();
      }
    }
  }

  /** How many requests wait for the engine. */
  get backlogSize(): number {
    return this.#backlog.size;
  }

  #makeContext(): GatewayContext {
    const gateway = this;
    const { onModelControl, meter } = this.#options;
    return {
      get upstream() {
        return gateway.#server.isClosing ? undefined : gateway.#upstream;
      },
      get isClosing() {
        return gateway.#server.isClosing;
      },
      mayPass: (request) => this.#mayPass(request),
      begin: (socket) => this.#server.begin(socket),
      end: (socket) => this.#server.end(socket),
      onAnswered: ({ head: { method, target }, wasPassed, status, startedAt }) => {
        meter?.record(method, target, status, performance.now() - startedAt);
        if (!wasPassed || !onModelControl) return;
        if (stateChangeOf(method, target) === 'model-control') onModelControl();
      },
      onEngineLost: (upstream) => void this.#waitUntilLive(upstream),
      handOver: (socket, bytes) => {
        socket.unshift(bytes);
        this.#parse(socket);
        socket.resume();
      },
    };
  }

  #mayPass({ method, target, hasOrigin }: RequestHead): boolean {
    if (this.#options.sync && repositoryRequest(method, target)) return false;
    const change = stateChangeOf(method, target);
    if (change === undefined) return true;
    return !hasOrigin && (change !== 'model-control' || this.#options.modelControlMode === 'explicit');
  }

  #meter({ method = '', url = '' }: IncomingMessage, response: ServerResponse): void {
    const { meter } = this.#options;
    const startedAt = performance.now();
    response.once('finish', () => {
      meter?.record(method, url, response.statusCode, performance.now() - startedAt);
    });
  }

  #take(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    this.#server.track(request, response);
    const change = stateChangeOf(request.method, request.url);
    if (change && isForeignOrigin(request.headers.origin)) {
      request.resume();
      answerGatewayError(response, 403, FOREIGN_ORIGIN_REFUSED);
      return;
    }
    if (change === 'model-control') {
      const { modelControlMode, onModelControl } = this.#options;
      if (modelControlMode !== 'explicit') {
        request.resume();
        answerGatewayError(response, 503, CONTROL_REFUSED);
        return;
      }
      if (onModelControl) response.once('finish', onModelControl);
    }
    const asked = this.#options.sync && repositoryRequest(request.method, request.url);
    const passing = asked
      ? this.#passAfterSync(asked, request, response, awaitsContinue)
      : this.#pass(request, response, awaitsContinue);
    passing.catch((error: unknown) => answerGatewayError(response, 500, messageOf(error)));
  }

  /** Passes on a request to the repository API: the engine's files are updated first, and reloads wait for the response. */
  async #passAfterSync(
    { action, model }: NonNullable<ReturnType<typeof repositoryRequest>>,
    request: IncomingMessage,
    response: ServerResponse,
    awaitsContinue: boolean,
  ): Promise<void> {
    let turn: RepositoryTurn | undefined;
    try {
      turn = await this.#options.sync?.begin(action, model);
    } catch {
      request.resume();
      answerGatewayError(response, 500, notUpdated(model));
      return;
    }
    const end = () => void turn?.end(response.writableFinished && response.statusCode === 200);
    if (response.closed) end();
    else response.once('close', end);
    await this.#pass(request, response, awaitsContinue);
  }

  async #pass(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    let mayContinue = awaitsContinue;
    for (;;) {
      // The next request could take the fast path, but not on this connection: make the client open another.
      if (!this.#upstream) response.shouldKeepAlive = false;
      const upstream = this.#upstream ?? (await this.#awaitEngine(request, response));
      if (!upstream) return;
      if (mayContinue) response.writeContinue();
      mayContinue = false;
      const result = await forward(upstream, request, response);
      if (result === 'answered') return;
      void this.#waitUntilLive(upstream);
      if (result === 'lost') return;
    }
  }

  /** Resolves with the engine to use; undefined once the request has been answered without one. */
  async #awaitEngine(request: IncomingMessage, response: ServerResponse): Promise<Upstream | undefined> {
    if (isHealthProbe(request.url)) {
      if (this.#doubtful && (await this.#answering) && this.#upstream) return this.#upstream;
    } else if (this.#failure === undefined && !this.#server.isClosing) {
      const result = await this.#backlog.wait((disconnected) => response.once('close', disconnected));
      if (result === 'released' && this.#upstream) return this.#upstream;
      if (result === 'disconnected') return undefined;
    }
    request.resume();
    const reason = this.#server.isClosing
      ? 'Server exiting'
      : (this.#failure ?? 'the engine is starting, try again');
    answerGatewayError(response, 503, reason, this.#failure === undefined ? RETRY_AFTER : {});
    return undefined;
  }

  /** Stops listening, lets requests in flight finish, then closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.close();
    this.#backlog.release('closed');
    await closed;
    this.#upstream?.destroy();
    this.#doubtful?.destroy();
  }
}

/** Health probes do not wait in the backlog: they ask for the state right now. */
function isHealthProbe(url: string | undefined): boolean {
  return url !== undefined && /^\/+v2\/+health\//.test(url);
}
