import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { type BearerCheck, systemError } from '../base/index.ts';
import { Connections } from './connections.ts';
import { answerConsole, isConsolePath } from './console-route.ts';
import { Cors } from './cors.ts';
import { answerGunicornError, answerMessage } from './error-answers.ts';
import { FrontEnd } from './front-end.ts';
import { unknownExpectation } from './gunicorn-checks.ts';
import { hidingKeys } from './hand-over.ts';
import { createKeyCheck } from './keys.ts';
import { answerNoCode } from './no-code-routes.ts';
import { answerParserError } from './parser-errors.ts';
import { RequestContext, type ServiceContext } from './request-context.ts';
import type { ScoringServerOptions } from './scoring-options.ts';
import { ScoringResponse } from './scoring-response.ts';
import { answerScript } from './script-routes.ts';
import { answerUnauthorized } from './unauthorized.ts';

/** The Azure ML scoring service while it listens. */
export interface ScoringServer extends AsyncDisposable {
  readonly port: number;
  /** Replaces the accepted keys from the next request on. */
  setKeys(keys: readonly string[]): void;
  /** Frees the port; connected callers are served until the server is disposed of. */
  stopListening(): Promise<void>;
}

/** How long a sender may take, in milliseconds, and how often Node checks it. */
export interface SenderLimits {
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly connectionsCheckingInterval: number;
}

const SENDER_LIMITS: SenderLimits = {
  headersTimeout: 60_000,
  requestTimeout: 600_000,
  connectionsCheckingInterval: 5_000,
};

/**
 * `keepAliveTimeout` is longer than that of common client pools: the client closes first, and no request meets a
 * closing connection.
 */
const LIMITS = {
  maxHeaderSize: 128 * 1024,
  keepAliveTimeout: 75_000,
  // The real server accepts HTTP/1.1 without `Host` (docs/reference/azureml.md#measured).
  requireHostHeader: false,
  highWaterMark: 64 * 1024,
};
const MAX_CONNECTIONS = 4_096;

/**
 * Listens with the routes of the deployment's kind, on `node:http` and not on fastify: `src/ARCHITECTURE.md` has the
 * reason and the figures.
 *
 * @throws PORT_TAKEN, PORT_REFUSED; SCORING_NO_ENGINE for no-code mode without an engine.
 */
export async function startScoringServer(
  options: ScoringServerOptions,
  senders = SENDER_LIMITS,
): Promise<ScoringServer> {
  const service = new ScoringService(options, senders);
  const port = await service.start();
  return {
    port,
    setKeys: (keys) => service.setKeys(keys),
    stopListening: () => service.stopListening(),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

class ScoringService implements AsyncDisposable {
  readonly #options: ScoringServerOptions;
  readonly #engine: RequestListener | undefined;
  readonly #connections: Connections;
  readonly #context: ServiceContext;
  /** Applies the limits of a cloud before the routes. */
  readonly #frontEnd: FrontEnd | undefined;
  #isAllowed: BearerCheck;

  constructor(options: ScoringServerOptions, senders: SenderLimits) {
    this.#options = options;
    this.#context = contextOf(options);
    this.#frontEnd = options.profile && new FrontEnd(options.profile);
    this.#isAllowed = createKeyCheck(options.keys);
    this.#engine = options.deployment === 'no-code' ? engineOf(options) : undefined;
    const server = createServer({ ...LIMITS, ...senders, ServerResponse: ScoringResponse });
    this.#connections = new Connections(server, (error) => this.#logServerError(error));
    server.maxConnections = MAX_CONNECTIONS;
    server
      .on('request', (request, response) => this.#accept(request, response, false))
      .on('checkContinue', (request, response) => {
        // Node looks for the word anywhere in the field.
        if (request.headers.expect?.toLowerCase() === '100-continue') this.#accept(request, response, true);
        else this.#refuseExpectation(request, response);
      })
      .on('checkExpectation', (request, response) => this.#refuseExpectation(request, response))
      .on('clientError', (error, socket: Socket) =>
        answerParserError(error, socket, this.#connections.of(socket)),
      );
  }

  /** A connection that cannot be accepted, for example for lack of file handles, must not end the process. */
  #logServerError(error: Error): void {
    const text = `the scoring service cannot accept a connection: ${error.message}`;
    this.#options.events.emit({ type: 'log.line', source: 'emulator', level: 'error', text });
  }

  start(): Promise<number> {
    const { host, port } = this.#options;
    return this.#connections.listen(host, port, 'scoring service');
  }

  setKeys(keys: readonly string[]): void {
    this.#isAllowed = createKeyCheck(keys);
  }

  #accept(request: IncomingMessage, response: ScoringResponse, awaitsContinue: boolean): void {
    const context = this.#begin(request, response, awaitsContinue);
    this.#answer(context).then(
      () => this.#report(context),
      () => {
        // Only a fault of ours gets here; the intended answer is unknown, so the connection ends.
        response.destroy();
        this.#report(context);
      },
    );
  }

  #begin(request: IncomingMessage, response: ScoringResponse, awaitsContinue: boolean): RequestContext {
    const connection = this.#connections.begin(request, response);
    this.#frontEnd?.rewriteRequest(request.rawHeaders);
    return new RequestContext(this.#context, connection, request, response, awaitsContinue);
  }

  #refuseExpectation(request: IncomingMessage, response: ScoringResponse): void {
    const context = this.#begin(request, response, false);
    answerGunicornError(context, unknownExpectation(request.headers.expect ?? ''));
  }

  async #answer(context: RequestContext): Promise<void> {
    const { source, events } = this.#options;
    const { path } = context.target;
    if (isConsolePath(path)) return answerConsole(context, this.#options.console);
    if (!isHealthProbe(context) && !this.#isAllowed(context.fields.authorization))
      return answerUnauthorized(context);
    const refusal = source.refusal();
    if (refusal !== undefined) return answerMessage(context, 503, refusal);
    const answer = () =>
      this.#engine ? answerNoCode(context, this.#engine) : answerScript(context, source, events);
    const frontEnd = this.#frontEnd;
    return frontEnd && !isHealthProbe(context) ? frontEnd.serve(context, answer) : answer();
  }

  /** Emits one event for each request, except probes and the console's, which would only hide the others. */
  #report(context: RequestContext): void {
    const { answer, method, serving, startedAt, timings } = context;
    const { path } = context.target;
    if ((isHealthProbe(context) && method !== 'OPTIONS') || isConsolePath(path)) return;
    this.#options.events.emit({
      type: 'scoring.request',
      id: context.id,
      method,
      path,
      status: answer.status,
      generation: serving.generation,
      queueMs: timings.queueMs,
      runMs: timings.runMs,
      totalMs: performance.now() - startedAt,
      ...(answer.reason !== undefined && { reason: answer.reason }),
    });
  }

  stopListening(): Promise<void> {
    return this.#connections.stopListening();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connections.close();
  }
}

function contextOf(options: ScoringServerOptions): ServiceContext {
  const { source, corsOrigins, serverVersion, dialect, profile } = options;
  return {
    readServing() {
      const pool = source.pool();
      return { pool, generation: pool?.generation ?? 0, stale: source.state().stale };
    },
    cors: corsOrigins.length > 0 ? new Cors(corsOrigins) : undefined,
    serverVersion,
    dialect,
    profile,
  };
}

function engineOf({ engine, keys }: ScoringServerOptions): RequestListener {
  if (!engine)
    throw systemError('SCORING_NO_ENGINE', 'a deployment without an entry script needs an engine to pass to');
  return keys.length > 0 ? hidingKeys(engine) : engine;
}

/** `/` needs no key in either kind: platforms probe it, and so do callers that wait until we are ready. */
function isHealthProbe(context: RequestContext): boolean {
  const { method, target } = context;
  return target.path === '/' && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
}
