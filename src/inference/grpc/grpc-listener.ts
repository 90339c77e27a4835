import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listen, type SideListener, within } from '../../base/index.ts';
import type { RequestMeter } from '../../events/index.ts';
import {
  type HeaderField,
  type RequestFields,
  ServerConnection,
  type ServerStream,
} from '../../http2/index.ts';
import type { Endpoint } from '../http/route.ts';
import type { InferenceService } from '../inference-service.ts';
import { type CallHandler, GrpcCall, type GrpcCallOptions } from './call.ts';
import { ConnectionLimits } from './connection-limits.ts';
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
const MAX_CONNECTIONS = 4_096;
/** How long calls in progress may take to end when the listener closes. */
const DRAIN_MS = 30_000;

interface Method {
  readonly endpoint: Endpoint;
  readonly handle: (service: InferenceService, call: GrpcCall, onOver: () => void) => CallHandler;
}

/**
 * Triton's gRPC service. Its HTTP/2 is ours: Node's sends the status of a call in a write of its own, a turn of the event
 * loop after the message, and gRPC's library for Node is built on that (test/bench/README.md has the comparison).
 */
export class GrpcListener implements SideListener, AsyncDisposable {
  readonly #service: InferenceService;
  readonly #meter: RequestMeter | undefined;
  readonly #server: Server;
  readonly #connections = new Set<ServerConnection>();
  /** Calls in progress that have no end of their own. */
  readonly #endless = new Set<CallHandler>();
  #onIdle: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /** @param keys undefined without TLS */
  constructor(service: InferenceService, meter?: RequestMeter, keys?: TlsKeys) {
    this.#service = service;
    this.#meter = meter;
    const accept = (socket: Socket) => this.#accept(socket);
    this.#server = keys
      ? createTlsServer({ ...keys, noDelay: true, ALPNProtocols: ['h2'] }, accept)
      : createServer({ noDelay: true }, accept);
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return listen(this.#server, host, port, purpose);
  }

  #accept(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const connection = new ServerConnection(socket, {
      windowBytes: WINDOW_BYTES,
      onStream: (stream, fields, all) => this.#take(limits, stream, fields, all),
      onPing: () => limits.takePing(),
      onClose: () => {
        limits[Symbol.dispose]();
        this.#connections.delete(connection);
        if (this.#connections.size === 0) this.#onIdle?.();
      },
    });
    const limits = new ConnectionLimits(connection, this.#service.settings.grpc.connection);
    this.#connections.add(connection);
  }

  #take(
    limits: ConnectionLimits,
    stream: ServerStream,
    headers: RequestFields,
    all: readonly HeaderField[],
  ): GrpcCall {
    const path = headers[':path'] ?? '';
    const method = METHODS.get(path);
    const call = new GrpcCall(stream, headers, {
      held: this.#service.held,
      limits,
      ...(method?.endpoint === 'infer' && this.#inferOptions(headers, all)),
    });
    if (!isReadable(headers)) {
      call.reset();
      return call;
    }
    const refusal = refusalOf(headers) ?? (method ? this.#restrictionOf(method, headers) : UNKNOWN_METHOD);
    if (!method || refusal) {
      call.fail(refusal);
      return call;
    }
    const began = performance.now();
    const handler = method.handle(this.#service, call, () => {
      this.#endless.delete(handler);
      limits.calls.delete(call);
      this.#record(method, path, call, performance.now() - began);
    });
    if (handler.drain) this.#endless.add(handler);
    limits.take(call);
    call.begin(handler);
    return call;
  }

  #inferOptions(
    headers: RequestFields,
    all: readonly HeaderField[],
  ): Pick<GrpcCallOptions, 'compression' | 'forwarded'> {
    const { grpc, forwardedHeaders } = this.#service.settings;
    return {
      compression: responseEncoding(grpc.responseCompression, headers['grpc-accept-encoding']),
      forwarded: forwardedHeaders.grpc && forwardedMetadata(forwardedHeaders.grpc, all),
    };
  }

  #restrictionOf({ endpoint }: Method, headers: RequestFields): GrpcError | undefined {
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
      for (const connection of this.#connections) connection.close();
      for (const handler of this.#endless) handler.drain?.();
      await within(idle, DRAIN_MS);
    }
    for (const connection of this.#connections) connection.destroy();
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
function isReadable(headers: RequestFields): boolean {
  if (!KNOWN_HTTP_METHOD.test(headers[':method'] ?? '')) return false;
  if (!CONTENT_TYPE.test(headers['content-type'] ?? '')) return false;
  if (!ENCODING.test(headers['grpc-encoding'] ?? 'identity')) return false;
  const timeout = headers['grpc-timeout'];
  if (timeout !== undefined && readTimeout(timeout) === undefined) return false;
  for (const name in headers) if (name.endsWith('-bin') && !isBase64(headers[name])) return false;
  return true;
}

function isBase64(value: string | undefined): boolean {
  return String(value)
    .split(/, ?/)
    .every((part) => BASE64.test(part));
}

/** In the words of gRPC's library. */
function refusalOf(headers: RequestFields): GrpcError | undefined {
  if (headers[':method'] !== 'POST') return new GrpcError(GRPC_STATUS.UNKNOWN, 'Bad method header');
  if (headers.te === undefined) return new GrpcError(GRPC_STATUS.UNKNOWN, 'Missing :te header');
  return undefined;
}
