import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { listen, type SideListener, within } from '../../base/index.ts';
import type { RequestMeter } from '../../events/index.ts';
import type { Endpoint } from '../http/route.ts';
import type { InferenceService } from '../inference-service.ts';
import { type CallHandler, GrpcCall, type GrpcCallOptions } from './call.ts';
import { Connection } from './connection.ts';
import { readTimeout } from './deadline.ts';
import { forwardedMetadata } from './forwarded-metadata.ts';
import { CHECK_METHODS, HEALTH_METHODS } from './health-methods.ts';
import { InferCall } from './infer-call.ts';
import { InferStream } from './infer-stream.ts';
import type { UnaryMethods } from './methods.ts';
import { MODEL_METHODS } from './model-methods.ts';
import { REPOSITORY_METHODS } from './repository-methods.ts';
import { responseEncoding } from './response-compression.ts';
import { SETTINGS_METHODS } from './settings-methods.ts';
import { SHARED_MEMORY_METHODS } from './shared-memory-methods.ts';
import { GRPC_STATUS, GrpcError, httpStatusOf } from './status.ts';
import type { TlsKeys } from './tls-keys.ts';
import { UnaryCall } from './unary-call.ts';

/** How much a sender may send unread. gRPC's own libraries allow some megabytes; HTTP/2's default is 64 kB. */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** What calls of one connection may hold, in megabytes; large messages count in the limit of all requests. */
const MAX_SESSION_MEGABYTES = 1_024;
/** Their bytes are limited; Node's own limit of 128 fields is less than clients may send to Triton. */
const MAX_FIELDS = 2_048;
const MAX_CONNECTIONS = 4_096;
/** How long calls in progress may take to end when the listener closes. */
const DRAIN_MS = 30_000;

type InferCallOptions = Pick<GrpcCallOptions, 'compression' | 'forwarded'>;
const NO_INFER_OPTIONS: InferCallOptions = { compression: undefined, forwarded: undefined };

interface Method {
  readonly endpoint: Endpoint;
  readonly handle: (service: InferenceService, call: GrpcCall, onOver: () => void) => CallHandler;
}

/**
 * Triton's gRPC service on HTTP/2 streams of Node. gRPC's library for Node passes every message through codecs and
 * interceptors (test/bench/README.md has the comparison).
 */
export class GrpcListener implements SideListener, AsyncDisposable {
  readonly #service: InferenceService;
  readonly #meter: RequestMeter | undefined;
  readonly #server: Http2Server | Http2SecureServer;
  readonly #connections = new Map<ServerHttp2Session, Connection>();
  /** Calls in progress that have no end of their own. */
  readonly #endless = new Set<CallHandler>();
  #onIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /** @param keys undefined without TLS */
  constructor(service: InferenceService, meter?: RequestMeter, keys?: TlsKeys) {
    this.#service = service;
    this.#meter = meter;
    const options = {
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
      maxSessionMemory: MAX_SESSION_MEGABYTES,
      maxHeaderListPairs: MAX_FIELDS,
    };
    this.#server = keys ? createSecureServer({ ...options, ...keys }) : createServer(options);
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
    });
    this.#server.on('session', (session) => this.#accept(session));
    this.#server.on('sessionError', () => undefined);
    this.#server.on(
      'stream',
      (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, fields: string[]) =>
        this.#take(stream, headers, fields),
    );
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return listen(this.#server, host, port, purpose);
  }

  #accept(session: ServerHttp2Session): void {
    session.on('error', () => undefined);
    if (this.#closed) {
      session.destroy();
      return;
    }
    session.setLocalWindowSize(WINDOW_BYTES);
    this.#connections.set(session, new Connection(session, this.#service.settings.grpc.connection));
    session.once('close', () => {
      this.#connections.delete(session);
      if (this.#connections.size === 0) this.#onIdle?.();
    });
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, fields: readonly string[]): void {
    stream.on('error', () => undefined);
    const { session } = stream;
    const connection = session ? this.#connections.get(session as ServerHttp2Session) : undefined;
    const method = METHODS.get(headers[':path'] ?? '');
    const call = new GrpcCall(stream, headers, {
      held: this.#service.held,
      connection,
      ...(method?.endpoint === 'infer' ? this.#inferOptions(headers, fields) : NO_INFER_OPTIONS),
    });
    if (!isReadable(headers)) {
      call.reset();
      return;
    }
    const refusal = refusalOf(headers) ?? (method ? this.#restrictionOf(method, headers) : UNKNOWN_METHOD);
    if (!method || refusal) {
      call.fail(refusal);
      stream.resume();
      return;
    }
    const began = performance.now();
    const handler = method.handle(this.#service, call, () => {
      this.#endless.delete(handler);
      connection?.calls.delete(call);
      this.#record(method, headers[':path'] ?? '', call, performance.now() - began);
    });
    if (handler.drain) this.#endless.add(handler);
    connection?.take(call);
    call.begin(handler);
  }

  #inferOptions(headers: IncomingHttpHeaders, fields: readonly string[]): InferCallOptions {
    const { grpc, forwardedHeaders } = this.#service.settings;
    return {
      compression: responseEncoding(grpc.responseCompression, headers['grpc-accept-encoding']),
      forwarded: forwardedHeaders.grpc && forwardedMetadata(forwardedHeaders.grpc, fields),
    };
  }

  #restrictionOf({ endpoint }: Method, headers: IncomingHttpHeaders): GrpcError | undefined {
    const restriction = this.#service.settings.grpcRestricted.get(endpoint);
    if (!restriction || headers[restriction.header.toLowerCase()] === restriction.value) return undefined;
    return new GrpcError(
      GRPC_STATUS.UNAVAILABLE,
      `This protocol is restricted, expecting header '${restriction.header}'`,
    );
  }

  #record({ endpoint }: Method, path: string, call: GrpcCall, milliseconds: number): void {
    if (PROBES.has(endpoint)) return;
    this.#meter?.record('POST', path, httpStatusOf(call.status ?? GRPC_STATUS.CANCELLED), milliseconds);
  }

  /** Accepts nothing new, lets calls in progress end, and closes every connection. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
    if (this.#connections.size > 0) {
      const idle = new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
      for (const session of this.#connections.keys()) session.close();
      for (const handler of this.#endless) handler.drain?.();
      await within(idle, DRAIN_MS);
    }
    for (const session of this.#connections.keys()) session.destroy();
    await closed;
  }
}

/** Probes, also our own, would bury what clients ask for. */
const PROBES: ReadonlySet<Endpoint> = new Set(['live', 'ready', 'model-ready', 'model-stats']);

const UNKNOWN_METHOD = new GrpcError(GRPC_STATUS.UNIMPLEMENTED, '');

/** By path. */
const METHODS: ReadonlyMap<string, Method> = new Map([
  ...pathsOf('inference.GRPCInferenceService', {
    ...HEALTH_METHODS,
    ...MODEL_METHODS,
    ...REPOSITORY_METHODS,
    ...SETTINGS_METHODS,
    ...SHARED_MEMORY_METHODS,
  }),
  ...pathsOf('grpc.health.v1.Health', CHECK_METHODS),
  [
    '/inference.GRPCInferenceService/ModelInfer',
    { endpoint: 'infer', handle: (...parts: HandleArguments) => new InferCall(...parts) },
  ],
  [
    '/inference.GRPCInferenceService/ModelStreamInfer',
    { endpoint: 'infer', handle: (...parts: HandleArguments) => new InferStream(...parts) },
  ],
]);

type HandleArguments = Parameters<Method['handle']>;

function pathsOf(service: string, methods: UnaryMethods): [path: string, method: Method][] {
  return Object.entries(methods).map(([name, method]) => [
    `/${service}/${name}`,
    { endpoint: method.endpoint, handle: (...parts) => new UnaryCall(method, ...parts) },
  ]);
}

const CONTENT_TYPE = /^(?:$|application\/grpc(?:$|[+;]))/;
const ENCODING = /^(?:identity|gzip|deflate)$/;
const KNOWN_HTTP_METHOD = /^(?:POST|GET|PUT)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** gRPC's library resets calls with fields that it cannot read. */
function isReadable(headers: IncomingHttpHeaders): boolean {
  if (!KNOWN_HTTP_METHOD.test(headers[':method'] ?? '')) return false;
  if (!CONTENT_TYPE.test(headers['content-type'] ?? '')) return false;
  if (!ENCODING.test(String(headers['grpc-encoding'] ?? 'identity'))) return false;
  const timeout = headers['grpc-timeout'];
  if (timeout !== undefined && readTimeout(timeout) === undefined) return false;
  for (const name in headers) if (name.endsWith('-bin') && !isBase64(headers[name])) return false;
  return true;
}

function isBase64(value: string | readonly string[] | undefined): boolean {
  return String(value)
    .split(/, ?/)
    .every((part) => BASE64.test(part));
}

/** In the words of gRPC's library. */
function refusalOf(headers: IncomingHttpHeaders): GrpcError | undefined {
  if (headers[':method'] !== 'POST') return new GrpcError(GRPC_STATUS.UNKNOWN, 'Bad method header');
  if (headers.te === undefined) return new GrpcError(GRPC_STATUS.UNKNOWN, 'Missing :te header');
  return undefined;
}
