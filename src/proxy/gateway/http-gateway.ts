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
import { ClientConnection, type Gate } from './client-connection.ts';
import { forward } from './forward.ts';
import { answerGatewayError } from './gateway-error.ts';
import { Holding } from './holding.ts';
import type { RequestHead } from './message-head.ts';
import { CONTROL_REFUSED } from './model-control.ts';
import { repositoryRequest } from './repository-request.ts';
import { MAX_HEADER_BYTES, Upstream } from './upstream.ts';

export interface HttpGatewayOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly modelControlMode: ModelControlMode;
  /** Brings the engine's repository up to date before clients list and load its models. */
  readonly sync?: RepositorySync | undefined;
  /** Called after a client's load or unload has been answered. */
  readonly onModelControl?: () => void;
  /** Called when a connection cannot be accepted; the gateway listens on. */
  readonly onError?: (error: Error) => void;
  /** Records each request that comes to this port. */
  readonly meter?: RequestMeter | undefined;
  readonly hold?: { readonly most: number; readonly milliseconds: number };
  readonly liveness?: LivenessLimits;
}

/** How long requests in flight may take to end when the gateway closes. */
const DRAIN_MS = 30_000;
/** How often an engine that took no connection is tried again. */
const LOOK_AGAIN_MS = 200;
const RETRY_AFTER = { 'Retry-After': '1' } as const;

/**
 * Our own listener on Triton's HTTP port, before an engine that runs elsewhere: engines come and go behind it while
 * the port stays. Plain requests take the short way of `ClientConnection`; all others node:http parses.
 */
export class HttpGateway implements AsyncDisposable {
  readonly #options: HttpGatewayOptions;
  readonly #server: DrainingServer;
  readonly #holding: Holding;
  readonly #gate: Gate;
  /** node:http's own listener, which takes a connection for the rest of its life. */
  readonly #parse: (socket: Socket) => void;
  #upstream: Upstream | undefined;
  /** Where requests went until it took no connection any more. */
  #away: Upstream | undefined;
  /** Why there is no engine, once none will come any more. */
  #failure: string | undefined;

  constructor(options: HttpGatewayOptions) {
    this.#options = options;
    this.#holding = new Holding(options.hold);
    // Idle connections stay open, as Triton's do: clients pool them and do not expect them to go away.
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
    this.#gate = this.#makeGate();
    server.on('connection', (socket) => new ClientConnection(socket, this.#gate));
    const { onError } = options;
    this.#server = new DrainingServer(server, { drainMs: DRAIN_MS, ...(onError && { onError }) });
  }

  /** Answers a request that came in through another listener of this process, which records it. */
  readonly listener: RequestListener = (request, response) => this.#take(request, response, false);

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(): Promise<number> {
    return this.#server.listen(this.#options.host, this.#options.port, 'Triton HTTP');
  }

  /** From now on requests go there, those that waited first. Requests under way end where they are. */
  switchTo(endpoints: EngineEndpoints): void {
    this.#retire();
    this.#failure = undefined;
    this.#upstream = new Upstream(endpoints, this.#options.liveness);
    this.#holding.release();
  }

  /** From now on requests wait for the next `switchTo`. */
  hold(): void {
    this.#retire();
  }

  /** No engine will come: requests, those that wait too, are answered 503 with the reason. */
  fail(reason: string): void {
    this.#retire();
    this.#failure = reason;
    this.#holding.release();
  }

  #retire(): void {
    this.#upstream?.retire();
    this.#away?.retire();
    this.#upstream = undefined;
    this.#away = undefined;
  }

  /**
   * Requests wait from now on: the engine takes no connection. Of one that is ours we hear what comes next; one that
   * somebody else runs is back when it takes connections again.
   */
  async #suspend(upstream: Upstream): Promise<void> {
    if (this.#upstream !== upstream) return;
    this.#upstream = undefined;
    this.#away = upstream;
    while (this.#away === upstream && !this.#server.isClosing) {
      if (!(await upstream.takesConnections())) await sleep(LOOK_AGAIN_MS, undefined, { ref: false });
      else if (this.#away === upstream) {
        this.#away = undefined;
        this.#upstream = upstream;
        this.#holding.release();
      }
    }
  }

  get held(): number {
    return this.#holding.size;
  }

  #makeGate(): Gate {
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
      onAnswered: ({ request: { method, target }, wasPassed, status, startedAt }) => {
        meter?.record(method, target, status, performance.now() - startedAt);
        if (!wasPassed || !onModelControl) return;
        if (stateChangeOf(method, target) === 'model-control') onModelControl();
      },
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
      ? this.#passInTurn(asked, request, response, awaitsContinue)
      : this.#pass(request, response, awaitsContinue);
    passing.catch((error: unknown) => answerGatewayError(response, 500, messageOf(error)));
  }

  /** A request of the repository API: the engine's files come first, and our own reload waits for the answer. */
  async #passInTurn(
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
      answerGatewayError(response, 500, `failed to load '${model}', failed to poll from model repository`);
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
      // The next request on this connection could go the short way, but not from here: let the caller open another.
      if (!this.#upstream) response.shouldKeepAlive = false;
      const upstream = this.#upstream ?? (await this.#awaitEngine(request, response));
      if (!upstream) return;
      if (mayContinue) response.writeContinue();
      mayContinue = false;
      if ((await forward(upstream, request, response)) === 'answered') return;
      void this.#suspend(upstream);
    }
  }

  /** The engine to use, or undefined after the request has been answered. */
  async #awaitEngine(request: IncomingMessage, response: ServerResponse): Promise<Upstream | undefined> {
    if (this.#failure === undefined && !this.#server.isClosing && !isHealthProbe(request.url)) {
      const end = await this.#holding.wait((leave) => response.once('close', leave));
      if (end === 'released' && this.#upstream) return this.#upstream;
      if (end === 'left') return undefined;
    }
    request.resume();
    const reason = this.#server.isClosing
      ? 'Server exiting'
      : (this.#failure ?? 'the engine is starting, try again');
    answerGatewayError(response, 503, reason, this.#failure === undefined ? RETRY_AFTER : {});
    return undefined;
  }

  /** Stops listening, lets requests in flight end, and closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.close();
    this.#holding.release('closed');
    await closed;
    this.#upstream?.destroy();
    this.#away?.destroy();
  }
}

/** Health is told at once, never held: a probe asks how things are now. */
function isHealthProbe(url: string | undefined): boolean {
  return url !== undefined && /^\/+v2\/+health\//.test(url);
}
