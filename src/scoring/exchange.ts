import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Dialect } from '../config/index.ts';
import type { ReplyStream } from '../python/index.ts';
import type { CloudProfile, FrontEndAnswer } from './cloud-profile.ts';
import { type Connection, LINGER_MS } from './connections.ts';
import type { Cors } from './cors.ts';
import { type RequestFields, readFields } from './request-fields.ts';
import { type RequestTarget, readTarget } from './request-target.ts';

/** What every answer says about the emulator. */
export interface Standing {
  readonly generation: number;
  readonly stale: boolean;
}

/** What every exchange knows of the service it belongs to. */
export interface ServiceContext {
  readStanding(): Standing;
  /** Undefined where web pages of other origins get no leave. */
  readonly cors: Cors | undefined;
  /** `x-ms-server-version`; undefined sends none. */
  readonly serverVersion: string | undefined;
  /** Whose error texts and headers answers have. */
  readonly dialect: Dialect;
  /** How a cloud's front end tells of answers, where that is to be met at home. */
  readonly profile: CloudProfile | undefined;
}

/** Times of a scoring request, for its event; zero where no script ran. */
export interface RunTimes {
  readonly queueMs: number;
  readonly runMs: number;
}

/** Flat list of names and values, as Node writes it to the wire: order and repetitions are kept. */
export type FlatHeaders = readonly string[];

/** The status that the event of a request carries whose caller went away (nginx's number for it). */
export const CALLER_LEFT = 499;

/** One request and its answer, from the last header byte until the last byte is handed to the socket. */
export class Exchange {
  readonly service: ServiceContext;
  readonly connection: Connection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly target: RequestTarget;
  readonly fields: RequestFields;
  readonly startedAt = performance.now();
  /** Whether the caller waits for `100 Continue` before it sends the body; the connection cannot be used again then. */
  #awaitsContinue: boolean;
  #standing: Standing | undefined;
  /** The id that log lines and events carry. */
  id = '';
  times: RunTimes = NO_TIMES;
  /** Why a cloud's front end answered otherwise than the service would have. */
  reason: string | undefined;
  /** The front end has answered; what the service answers later is for nobody. */
  #isOver = false;

  constructor(
    service: ServiceContext,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    awaitsContinue: boolean,
  ) {
    this.service = service;
    this.connection = connection;
    this.request = request;
    this.response = response;
    this.method = request.method ?? 'GET';
    this.target = readTarget(request.url ?? '/');
    this.fields = readFields(request.rawHeaders);
    this.#awaitsContinue = awaitsContinue;
  }

  /** Read when first needed, which is when the answer is made; a scoring request sets that of its generation. */
  get standing(): Standing {
    this.#standing ??= this.service.readStanding();
    return this.#standing;
  }

  set standing(standing: Standing) {
    this.#standing = standing;
  }

  get bringsBody(): boolean {
    const { contentLength, transferEncoding } = this.fields;
    return transferEncoding !== undefined || (contentLength !== undefined && Number(contentLength) !== 0);
  }

  get answered(): boolean {
    return this.response.headersSent;
  }

  /** Asks a caller that waits for leave to send its body; to be called before the body is read. */
  wantBody(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.response.writeContinue();
  }

  /**
   * Sends the whole answer; a body given as a string must be ASCII. `headers` come after `Server` and `Date` and
   * before our own, with their own `Content-Length`. What HTTP cannot carry throws, and nothing is sent then.
   */
  answer(status: number, headers: FlatHeaders, body: string | Uint8Array, reason = reasonOf(status)): void {
    if (!this.begin(status, headers, reason)) return;
    // Node would write header and text in one piece in the text's encoding: latin1 keeps the bytes of header values.
    if (typeof body === 'string') this.response.end(body, 'latin1');
    else this.response.end(body);
  }

  /**
   * Sends the head of an answer, as the front end lets it through. Returns false where the front end has answered
   * already, and nothing more may be sent.
   */
  begin(status: number, headers: FlatHeaders, reason = reasonOf(status)): boolean {
    if (this.#isOver) return false;
    const translated = this.service.profile?.translate(status, reason);
    if (!translated) {
      this.#writeHead(status, reason, headers);
      return true;
    }
    const { status: told, headers: added } = translated;
    this.#writeHead(told, reasonOf(told), [...headers, ...added]);
    this.reason = `the service answered ${status} ${reason}`;
    return true;
  }

  /** Node's own, for the response may be lent to an engine. */
  #writeHead(status: number, reason: string, headers: FlatHeaders): void {
    Reflect.apply(ServerResponse.prototype.writeHead, this.response, [status, reason, this.frame(headers)]);
  }

  /** Answers in the place of the service, or cuts its answer off where that has begun. */
  answerInstead({ status, text }: FrontEndAnswer): void {
    this.#isOver = true;
    this.reason = text;
    if (this.answered) {
      this.response.destroy();
      return;
    }
    this.#leaveUnread();
    const headers = ['Content-Type', 'text/plain', 'Content-Length', String(text.length)];
    this.#writeHead(status, reasonOf(status), headers);
    this.#end(text);
  }

  /**
   * As `answer`, with a body that is passed on as it comes. Where it breaks off, so does the connection; a caller who
   * leaves ends the body.
   */
  async stream(status: number, headers: FlatHeaders, body: ReplyStream): Promise<void> {
    const { request, response } = this;
    // Node would write it after the script's headers.
    const framing = request.httpVersion === '1.1' ? ['Transfer-Encoding', 'chunked'] : [];
    try {
      if (!this.begin(status, [...framing, ...headers])) {
        body.destroy();
        return;
      }
    } catch (error) {
      body.destroy();
      throw error;
    }
    response.flushHeaders();
    try {
      await pipeline(body, response, { end: false });
    } catch {
      return; // the caller left
    }
    if (body.complete) response.end();
    else response.socket?.destroySoon();
  }

  /**
   * As `answer`, for a body that will not be read: the rest of it is thrown away for a while before the connection
   * closes, for a caller whose sending is cut off may never look at the answer.
   */
  answerUnread(status: number, headers: FlatHeaders, body: string, reason = reasonOf(status)): void {
    this.#leaveUnread();
    if (this.begin(status, headers, reason)) this.#end(body);
  }

  /** Has the connection end after this answer, where the body is still on its way. */
  #leaveUnread(): void {
    if (this.bringsBody && !this.request.complete) this.#awaitsContinue = true;
  }

  #end(body: string): void {
    if (!this.bringsBody || this.request.complete) {
      this.response.end(body, 'latin1');
      return;
    }
    this.response.write(body, 'latin1');
    const end = () => {
      clearTimeout(timer);
      this.response.end();
    };
    const timer = setTimeout(end, LINGER_MS);
    this.request.once('end', end).once('close', end).resume();
  }

  /** The headers of an answer with those that every answer has: `Server` and `Date` first, as on the real server. */
  frame(headers: FlatHeaders): string[] {
    const framed = ['Server', SERVER, 'Date', httpDate(), ...headers];
    if (this.service.profile) framed.push(...this.service.profile.headers);
    framed.push('x-triton-local-generation', String(this.standing.generation));
    if (this.standing.stale) framed.push('x-triton-local-stale', 'true');
    // A caller that was not given leave may send its body or not: only a new connection is unambiguous.
    if (this.#awaitsContinue || this.connection.closing) framed.push('Connection', 'close');
    return framed;
  }
}

const NO_TIMES: RunTimes = { queueMs: 0, runMs: 0 };

/** The real server says `gunicorn`, Azure's front end `azureml-frontdoor`; no client acts on it, so we say who we are. */
const SERVER = 'triton-local';

/** Reason phrases in capitals, and `UNKNOWN` for numbers without one, as the real server writes them. */
export function reasonOf(status: number): string {
  let reason = REASONS.get(status);
  if (reason === undefined) {
    reason = STATUS_CODES[status]?.toUpperCase() ?? 'UNKNOWN';
    REASONS.set(status, reason);
  }
  return reason;
}

const REASONS = new Map<number, string>();

/** The time as HTTP writes it, made once a second. */
function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(second * 1000).toUTCString();
  }
  return dateText;
}

let dateSecond = 0;
let dateText = '';
