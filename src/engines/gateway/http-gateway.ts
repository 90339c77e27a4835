import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, within } from '../../base/index.ts';
import type { ModelControlMode } from '../../config/index.ts';
import type { RepositorySync, RepositoryTurn } from '../../repository/index.ts';
import type { EngineEndpoints } from '../engine.ts';
import { answerGatewayError } from './answer.ts';
import { ClientLine, type Gate } from './client-line.ts';
import { CONTROL_REFUSED, isHealthProbe, isModelControl, repositoryRequest } from './control-rule.ts';
import { Holding } from './holding.ts';
import { pass } from './pass.ts';
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
  readonly hold?: { readonly most: number; readonly milliseconds: number };
}

/** How long requests in flight may take to end when the gateway closes. */
const DRAIN_MS = 30_000;
/** How often an engine that took no connection is tried again. */
const LOOK_AGAIN_MS = 200;
const RETRY_AFTER = { 'Retry-After': '1' } as const;

/**
 * Our own listener on Triton's HTTP port, before an engine that runs elsewhere: engines come and go behind it while
 * the port stays. Plain requests take the short way of `ClientLine`; all others node:http parses.
 */
export class HttpGateway implements AsyncDisposable {
  readonly #options: HttpGatewayOptions;
  readonly #server: Server;
  readonly #holding: Holding;
  readonly #lines = new Set<ClientLine>();
  readonly #gate: Gate;
  /** node:http's own listener, which takes a connection for the rest of its life. */
  readonly #parse: (socket: Socket) => void;
  #upstream: Upstream | undefined;
  /** Where requests went until it took no connection any more. */
  #away: Upstream | undefined;
  /** Why there is no engine, once none will come any more. */
  #failure: string | undefined;
  #inFlight = 0;
  #onDrained: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: HttpGatewayOptions) {
    this.#options = options;
    this.#holding = new Holding(options.hold);
    // Idle connections stay open, as Triton's do: clients pool them and do not expect them to go away.
    this.#server = createServer(
      { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 60_000, maxHeaderSize: MAX_HEADER_BYTES },
      this.listener,
    );
    const [parse] = this.#server.listeners('connection');
    this.#parse = (socket) => parse?.call(this.#server, socket);
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
      this.#take(request, response, true),
    );
    this.#gate = this.#makeGate();
    this.#server.removeAllListeners('connection');
    this.#server.on('connection', (socket) => this.#lines.add(new ClientLine(socket, this.#gate)));
  }

  readonly listener: RequestListener = (request, response) => this.#take(request, response, false);

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(): Promise<number> {
    return listen(this.#server, this.#options.host, this.#options.port, 'Triton HTTP');
  }

  /** From now on requests go there, those that waited first. Requests under way end where they are. */
  switchTo(endpoints: EngineEndpoints): void {
    this.#retire();
    this.#failure = undefined;
    this.#upstream = new Upstream(endpoints);
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
    while (this.#away === upstream && !this.#closing) {
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
    const { modelControlMode, sync, onModelControl } = this.#options;
    return {
      get upstream() {
        return gateway.#closing ? undefined : gateway.#upstream;
      },
      get isClosing() {
        return gateway.#closing !== undefined;
      },
      mayPass: (method, target) =>
        (modelControlMode === 'explicit' || !isModelControl(method, target)) &&
        (!sync || !repositoryRequest(method, target)),
      begin: () => {
        this.#inFlight += 1;
      },
      end: this.#onClose,
      onAnswered: (method, target) => {
        if (onModelControl && isModelControl(method, target)) onModelControl();
      },
      handOver: (line, socket, bytes) => {
        this.#lines.delete(line);
        socket.unshift(bytes);
        this.#parse(socket);
        socket.resume();
      },
      onGone: (line) => this.#lines.delete(line),
    };
  }

  #take(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    this.#inFlight += 1;
    response.once('close', this.#onClose);
    if (this.#closing) response.shouldKeepAlive = false;
    const { modelControlMode, onModelControl } = this.#options;
    if (isModelControl(request.method, request.url)) {
      if (modelControlMode !== 'explicit') {
        request.resume();
        answerGatewayError(response, 503, CONTROL_REFUSED);
        return;
      }
      if (onModelControl) response.once('finish', onModelControl);
    }
    const asked = this.#options.sync && repositoryRequest(request.method, request.url);
    if (asked) void this.#passInTurn(asked, request, response, awaitsContinue);
    else void this.#pass(request, response, awaitsContinue);
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

  readonly #onClose = (): void => {
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#onDrained?.();
  };

  async #pass(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Promise<void> {
    let mayContinue = awaitsContinue;
    for (;;) {
      // The next request on this connection could go the short way, but not from here: let the caller open another.
      if (!this.#upstream) response.shouldKeepAlive = false;
      const upstream = this.#upstream ?? (await this.#awaitEngine(request, response));
      if (!upstream) return;
      if (mayContinue) response.writeContinue();
      mayContinue = false;
      if ((await pass(upstream, request, response)) === 'answered') return;
      void this.#suspend(upstream);
    }
  }

  /** The engine to use, or undefined after the request has been answered. */
  async #awaitEngine(request: IncomingMessage, response: ServerResponse): Promise<Upstream | undefined> {
    if (this.#failure === undefined && !this.#closing && !isHealthProbe(request.url)) {
      const end = await this.#holding.wait((leave) => response.once('close', leave));
      if (end === 'released' && this.#upstream) return this.#upstream;
      if (end === 'left') return undefined;
    }
    request.resume();
    const reason = this.#closing ? 'Server exiting' : (this.#failure ?? 'the engine is starting, try again');
    answerGatewayError(response, 503, reason, this.#failure === undefined ? RETRY_AFTER : {});
    return undefined;
  }

  /** Stops listening, lets requests in flight end, and closes every connection. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // So that `#closing` is set when those that wait are told.
    await Promise.resolve();
    this.#holding.release('closed');
    if (this.#server.listening) {
      const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
      for (const line of [...this.#lines]) line.closeWhenIdle();
      this.#server.closeIdleConnections();
      if (this.#inFlight > 0) {
        const drained = new Promise<void>((resolve) => {
          this.#onDrained = resolve;
        });
        await within(drained, DRAIN_MS);
      }
      for (const line of [...this.#lines]) line.destroy();
      this.#server.closeAllConnections();
      await closed;
    }
    this.#upstream?.destroy();
    this.#away?.destroy();
  }
}
