import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { type BearerCheck, listen, systemError } from '../base/index.ts';
import { answerGunicornError, answerMessage } from './answers.ts';
import { Connections } from './connections.ts';
import { Cors } from './cors.ts';
import { hidingKeys } from './engine-pass.ts';
import { CALLER_LEFT, Exchange, type ServiceContext } from './exchange.ts';
import { FrontEnd } from './front-end.ts';
import { unknownExpectation } from './gunicorn-checks.ts';
import { createKeyCheck } from './keys.ts';
import { answerNoCode } from './no-code-routes.ts';
import { answerParserError } from './parser-errors.ts';
import type { ScoringServerOptions } from './scoring-options.ts';
import { answerScript } from './script-routes.ts';
import { answerOwnPath, OWN_PREFIX } from './status-route.ts';
import { answerUnauthorized } from './unauthorized.ts';

/** The Azure ML scoring service while it listens. */
export interface ScoringServer extends AsyncDisposable {
  readonly port: number;
  /** Accepts these keys from the next request on, and no others. */
  setKeys(keys: readonly string[]): void;
  /** Frees the port; who is connected is served on until it is disposed of. */
  leave(): Promise<void>;
}

/** How long a sender may take, in milliseconds, and how often that is looked at. */
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
 * Limits against callers that never come to an end. `keepAliveTimeout` is longer than that of usual client pools, so
 * that it is the client who closes and no request meets a closing connection.
 */
const LIMITS = {
  maxHeaderSize: 128 * 1024,
  keepAliveTimeout: 75_000,
  // The real server takes HTTP/1.1 without Host (azureml.md 0.3).
  requireHostHeader: false,
  highWaterMark: 64 * 1024,
};
const MAX_CONNECTIONS = 4_096;

/**
 * Listens with the routes of the deployment's kind.
 *
 * It is built on `node:http` and not on fastify: measured on this path (POST, 5 fields, trivial reply), a fastify
 * route that writes the raw answer costs a quarter more CPU per request, and order and repetition of headers, odd
 * methods and the texts of gunicorn need the raw layer anyway (figures: `test/bench/README.md`).
 *
 * @throws PORT_TAKEN, PORT_REFUSED as `listen` of base; SCORING_NO_ENGINE for no-code mode without an engine.
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
    leave: () => service.leave(),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

class ScoringService implements AsyncDisposable {
  readonly #options: ScoringServerOptions;
  #mayScore: BearerCheck;
  readonly #engine: RequestListener | undefined;
  readonly #server: Server;
  readonly #connections: Connections;
  readonly #context: ServiceContext;
  /** Stands before the routes where a cloud's limits are to be met at home. */
  readonly #frontEnd: FrontEnd | undefined;

  constructor(options: ScoringServerOptions, senders: SenderLimits) {
    this.#options = options;
    this.#server = createServer({ ...LIMITS, ...senders });
    this.#connections = new Connections(this.#server);
    this.#context = contextOf(options);
    this.#frontEnd = options.profile && new FrontEnd(options.profile);
    this.#mayScore = createKeyCheck(options.keys);
    this.#engine = options.deployment === 'no-code' ? engineOf(options) : undefined;
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server
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

  /** A connection that cannot be accepted (no file handles left, say) must not end us. */
  #tellServerError(error: Error): void {
    const text = `the scoring service cannot accept a connection: ${error.message}`;
    this.#options.events.emit({ type: 'log.line', source: 'emulator', level: 'error', text });
  }

  async start(): Promise<number> {
    const { host, port } = this.#options;
    const taken = await listen(this.#server, host, port, 'scoring service');
    this.#server.on('error', (error) => this.#tellServerError(error));
    return taken;
  }

  setKeys(keys: readonly string[]): void {
    this.#mayScore = createKeyCheck(keys);
  }

  #accept(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const exchange = this.#begin(request, response, awaitsContinue);
    this.#answer(exchange).then(
      () => this.#tell(exchange),
      () => {
        // Only a fault of ours comes here; what the answer was to be is unknown, so the connection ends.
        response.destroy();
        this.#tell(exchange);
      },
    );
  }

  #begin(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): Exchange {
    const connection = this.#connections.begin(request, response);
    this.#frontEnd?.rewriteRequest(request.rawHeaders);
    return new Exchange(this.#context, connection, request, response, awaitsContinue);
  }

  #refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const exchange = this.#begin(request, response, false);
    answerGunicornError(exchange, unknownExpectation(request.headers.expect ?? ''));
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { source, events } = this.#options;
    const { path } = exchange.target;
    if (isOwnPath(path)) return answerOwnPath(exchange, source);
    if (!isHealthProbe(exchange) && !this.#mayScore(exchange.fields.authorization))
      return answerUnauthorized(exchange);
    const refusal = source.refusal();
    if (refusal !== undefined) return answerMessage(exchange, 503, refusal);
    const answer = () =>
      this.#engine ? answerNoCode(exchange, this.#engine) : answerScript(exchange, source, events);
    const frontEnd = this.#frontEnd;
    return frontEnd && !isHealthProbe(exchange) ? frontEnd.serve(exchange, answer) : answer();
  }

  /** One event a request; probes and the emulator's own paths would only hide the others. */
  #tell(exchange: Exchange): void {
    const { path } = exchange.target;
    if ((isHealthProbe(exchange) && exchange.method !== 'OPTIONS') || isOwnPath(path)) return;
    this.#options.events.emit({
      type: 'scoring.request',
      id: exchange.id,
      method: exchange.method,
      path,
      status: exchange.answered ? exchange.response.statusCode : CALLER_LEFT,
      generation: exchange.standing.generation,
      queueMs: exchange.times.queueMs,
      runMs: exchange.times.runMs,
      totalMs: performance.now() - exchange.startedAt,
      ...(exchange.reason !== undefined && { reason: exchange.reason }),
    });
  }

  leave(): Promise<void> {
    return this.#connections.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connections.close();
  }
}

function contextOf({
  source,
  corsOrigins,
  serverVersion,
  dialect,
  profile,
}: ScoringServerOptions): ServiceContext {
  return {
    readStanding: () => ({ generation: source.pool()?.generation ?? 0, stale: source.state().stale }),
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

/** `/` answers without a key in both kinds: platforms probe it, and so does whoever waits for us to be ready. */
function isHealthProbe(exchange: Exchange): boolean {
  const { method, target } = exchange;
  return target.path === '/' && (method === 'GET' || method === 'HEAD' || method === 'OPTIONS');
}

function isOwnPath(path: string): boolean {
  return (
    path.startsWith(OWN_PREFIX) && (path.length === OWN_PREFIX.length || path[OWN_PREFIX.length] === '/')
  );
}
