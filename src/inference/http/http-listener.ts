import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DrainingServer, messageOf } from '../../base/index.ts';
import type { RequestMeter } from '../../events/index.ts';
import {
  FOREIGN_ORIGIN_REFUSED,
  invalidArgument,
  isForeignOrigin,
  KServeError,
  pathOf,
  refuseLargeJson,
  stateChangeOf,
  unsupported,
} from '../../kserve/index.ts';
import type { InferenceService } from '../inference-service.ts';
import { allStatistics, describeServer } from '../model-information.ts';
import { SHARED_MEMORY_DISABLED } from '../shared-memory.ts';
import { answerEmpty, answerError, answerJson, type ContentType } from './answer.ts';
import { readBody } from './body.ts';
import { generateOverHttp } from './generate-endpoint.ts';
import { type HttpInferOptions, inferOverHttp } from './infer-endpoint.ts';
import { logSettingsOverHttp } from './log-endpoint.ts';
import { MeasuredRequest } from './measured-request.ts';
import { answerModelStatistics, modelConfig, modelMetadata, modelReady } from './model-endpoints.ts';
import { answerRefused } from './refused-request.ts';
import { loadModel, repositoryIndex, unloadModel } from './repository-endpoints.ts';
import { type Endpoint, matchRoute, type Route } from './route.ts';
import { cudaSharedMemory, systemSharedMemory } from './shared-memory-endpoints.ts';
import { modelName } from './target.ts';
import { traceSettingsOverHttp } from './trace-endpoint.ts';

interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  /** Records every request to its own port; requests through `listener` are counted where they arrive. */
  readonly meter?: RequestMeter;
}

/**
 * Limits against clients that never finish. Triton allows about 16 KiB per header field, and any number of fields. Idle
 * connections stay open, as in Triton: clients pool them and do not expect them to close.
 */
const LIMITS = {
  keepAliveTimeout: 0,
  headersTimeout: 60_000,
  requestTimeout: 600_000,
  maxHeaderSize: 4 * 1024 * 1024,
} as const;
const MAX_CONNECTIONS = 4_096;

const NOT_FOUND_TO_CONNECT =
  'HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 21\r\nConnection: close\r\n\r\n{"error":"Not Found"}';

/** How long requests in progress may take when the listener closes. */
const DRAIN_MS = 30_000;

/**
 * Triton's HTTP service on bare node:http. Its routing works on the raw path, with its own bodies for 404 and 405, so a
 * framework would only be a detour: answering 3 kB posts with a fixed body, fastify gave 13 % fewer requests a second
 * at 8 connections and 21 % fewer at one (one run, Node 20).
 */
export class HttpListener implements AsyncDisposable {
  readonly #service: InferenceService;
  readonly #options: HttpListenerOptions;
  readonly #server: DrainingServer;
  readonly #limits: HttpInferOptions;

  constructor(service: InferenceService, options: HttpListenerOptions) {
    this.#service = service;
    this.#options = options;
    const { maxInputBytes, forwardedHeaders } = service.settings;
    this.#limits = { maxInputBytes, held: service.held, forwarded: forwardedHeaders.http };
    const listener = options.meter ? this.#meteredBy(options.meter) : this.listener;
    const server = createServer({ ...LIMITS, requireHostHeader: false }, listener);
    server.maxConnections = MAX_CONNECTIONS;
    // Their bytes are limited instead; by default, Node drops all fields after the 2,000th.
    server.maxHeadersCount = 0;
    server.on('clientError', (error, socket) => answerRefused(error, socket as Socket));
    // As in Triton, any expectation is answered with 100 Continue.
    server.on('checkExpectation', (request, response) => {
      response.writeContinue();
      listener(request, response);
    });
    server.on('connect', (_request, socket) => {
      socket.end(NOT_FOUND_TO_CONNECT);
    });
    this.#server = new DrainingServer(server, { drainMs: DRAIN_MS });
  }

  /** @throws TritonLocalError PORT_TAKEN, PORT_REFUSED */
  listen(): Promise<number> {
    return this.#server.listen(this.#options.host, this.#options.port, 'Triton HTTP');
  }

  readonly listener: RequestListener = (request, response) => this.#take(request, response);

  #meteredBy(meter: RequestMeter): RequestListener {
    return (request, response) => {
      const measured = new MeasuredRequest();
      response.once('finish', () => {
        const { method = '', url = '' } = request;
        meter.record(method, url, response.statusCode, performance.now() - measured.startedAt, measured);
      });
      this.#take(request, response, measured);
    };
  }

  #take(request: IncomingMessage, response: ServerResponse, measured?: MeasuredRequest): void {
    this.#server.track(request, response);
    const route = matchRoute(pathOf(request.url ?? '/'));
    if (!route) {
      refuse(request, response, 404, 'Not Found', 'text/plain');
      return;
    }
    const restriction = this.#service.settings.restricted.get(route.endpoint);
    if (restriction && request.headers[restriction.header.toLowerCase()] !== restriction.value) {
      const text = `This API is restricted, expecting header '${restriction.header}'`;
      refuse(request, response, 403, text, 'text/plain');
      return;
    }
    const { methods, refusal } = ENDPOINTS[route.endpoint];
    if (!methods.includes(request.method ?? '')) {
      refuse(request, response, 405, 'Method Not Allowed', refusal);
      return;
    }
    if (isForeignOrigin(request.headers.origin) && stateChangeOf(request.method, request.url)) {
      refuse(request, response, 403, FOREIGN_ORIGIN_REFUSED, 'application/json');
      return;
    }
    if (route.endpoint === 'infer') {
      const { models, regions } = this.#service;
      void inferOverHttp(models, regions, this.#limits, route, request, response, measured?.onExecuted);
      return;
    }
    this.#answer(route, request, response).catch((error: unknown) => {
      const status = error instanceof KServeError ? error.status : 500;
      answerError(response, status, messageOf(error));
    });
  }

  async #answer(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { maxInputBytes, held } = this.#limits;
    const { content: body, length } = await readBody(request, response, {
      headerBytes: 0,
      keepBytes: maxInputBytes,
      held,
    });
    if (request.method === 'POST') refuseLargeJson(length, maxInputBytes);
    const { models, repository, settings, logSettings, traceSettings } = this.#service;
    switch (route.endpoint) {
      case 'live':
        return this.#server.isClosing
          ? answerError(response, 503, 'Server exiting')
          : answerEmpty(response, 200);
      case 'ready':
        if (this.#server.isClosing) return answerError(response, 503, 'Server exiting');
        return answerEmpty(response, this.#service.isReady ? 200 : 400);
      case 'server-metadata':
        return answerJson(response, describeServer(this.#service.version));
      case 'model-ready':
        return modelReady(models, route, response);
      case 'model-metadata':
        return modelMetadata(models, route, response);
      case 'model-config':
        return modelConfig(models, route, response);
      case 'model-stats':
        return answerModelStatistics(models, route, response);
      case 'all-stats':
        return answerJson(response, { model_stats: allStatistics(models) });
      case 'index':
        return repositoryIndex(repository, body, response);
      case 'load':
        return loadModel(repository, route, body, response);
      case 'unload':
        return unloadModel(repository, route, response);
      case 'logging':
        return logSettingsOverHttp(logSettings, request.method ?? '', body, response);
      case 'trace':
        if (route.name !== '' && models.readyVersions(route.name).length === 0)
          throw invalidArgument(`Request for unknown model : ${modelName(route)}`);
        return traceSettingsOverHttp(traceSettings, modelName(route), request.method ?? '', body, response);
      case 'generate':
      case 'generate-stream':
        return generateOverHttp(models, maxInputBytes, route, request, body, response);
      default:
        if (route.endpoint === 'shared-memory-register' && !settings.clientSharedMemory)
          throw unsupported(SHARED_MEMORY_DISABLED);
        if (route.scope === 'cuda') return cudaSharedMemory(route, body, response);
        return systemSharedMemory(this.#service.regions, route, body, response);
    }
  }

  /** Stops listening, lets requests in progress finish, and closes every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  message: string,
  type: ContentType,
): void {
  request.resume();
  answerError(response, status, message, type);
}

interface EndpointRules {
  readonly methods: readonly string[];
  /** Content type of the 405. */
  readonly refusal: ContentType;
}

const plain = (...methods: string[]): EndpointRules => ({ methods, refusal: 'text/plain' });
const json = (...methods: string[]): EndpointRules => ({ methods, refusal: 'application/json' });

const ENDPOINTS: Readonly<Record<Endpoint, EndpointRules>> = {
  live: plain('GET'),
  ready: plain('GET'),
  'model-ready': plain('GET'),
  infer: plain('POST'),
  generate: json('POST'),
  'generate-stream': json('POST'),
  'server-metadata': json('GET'),
  'model-metadata': json('GET'),
  'model-config': json('GET'),
  'model-stats': json('GET'),
  'all-stats': json('GET'),
  index: json('POST'),
  load: json('POST'),
  unload: json('POST'),
  logging: json('GET', 'POST'),
  trace: json('GET', 'POST'),
  'shared-memory-status': json('GET'),
  'shared-memory-register': json('POST'),
  'shared-memory-unregister': json('POST'),
};
