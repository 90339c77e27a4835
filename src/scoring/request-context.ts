import type { IncomingMessage } from 'node:http';
import type { Dialect } from '../config/index.ts';
import type { ScorePool } from '../python/index.ts';
import { Answer } from './answer.ts';
import type { CloudProfile } from './cloud-profile.ts';
import type { Connection } from './connections.ts';
import type { Cors } from './cors.ts';
import { type RequestFields, readFields } from './request-fields.ts';
import { type RequestTarget, readTarget } from './request-target.ts';
import type { ScoringResponse } from './scoring-response.ts';

/** The generation that serves at one moment, and whether it is older than the newest saved content. */
export interface ServingGeneration {
  /** Undefined in no-code mode and until a script has started. */
  readonly pool: ScorePool | undefined;
  /** Number of the generation; 0 without a pool. */
  readonly generation: number;
  readonly stale: boolean;
}

/** What is the same for all requests of a service. */
export interface ServiceContext {
  readServing(): ServingGeneration;
  /** Undefined where web pages of other origins may not read the answers. */
  readonly cors: Cors | undefined;
  /** `x-ms-server-version`; undefined sends none. */
  readonly serverVersion: string | undefined;
  /** The server whose error texts and headers we imitate. */
  readonly dialect: Dialect;
  /** How the front end of a cloud service reports answers; undefined without a front end. */
  readonly profile: CloudProfile | undefined;
}

/** Times of a scoring request in milliseconds, for its event; zero where no script ran. */
export interface RunTimings {
  readonly queueMs: number;
  readonly runMs: number;
}

const NO_TIMINGS: RunTimings = { queueMs: 0, runMs: 0 };

/** One request: what was read of it, the generation that serves it, and its answer. */
export class RequestContext {
  readonly service: ServiceContext;
  readonly connection: Connection;
  readonly request: IncomingMessage;
  readonly method: string;
  readonly target: RequestTarget;
  readonly fields: RequestFields;
  readonly answer: Answer;
  readonly startedAt = performance.now();
  #serving: ServingGeneration | undefined;
  /** The id in log lines and events. */
  id = '';
  timings: RunTimings = NO_TIMINGS;

  constructor(
    service: ServiceContext,
    connection: Connection,
    request: IncomingMessage,
    response: ScoringResponse,
    awaitsContinue: boolean,
  ) {
    this.service = service;
    this.connection = connection;
    this.request = request;
    this.method = request.method ?? 'GET';
    this.target = readTarget(request.url ?? '/');
    this.fields = readFields(request.rawHeaders);
    this.answer = new Answer(this, response, awaitsContinue);
  }

  /**
   * Read once, when first needed: for `/score` that is when the body is complete, so that the request never goes to a
   * generation that was replaced while the body arrived.
   */
  get serving(): ServingGeneration {
    this.#serving ??= this.service.readServing();
    return this.#serving;
  }

  get hasBody(): boolean {
    const { contentLength, transferEncoding } = this.fields;
    return transferEncoding !== undefined || (contentLength !== undefined && Number(contentLength) !== 0);
  }

  /** Whether the caller is still sending the body. */
  get isReceiving(): boolean {
    return this.hasBody && !this.request.complete;
  }
}
