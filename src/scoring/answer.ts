import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ReplyStream } from '../python/index.ts';
import type { CloudProfile, FrontEndAnswer } from './cloud-profile.ts';
import { LINGER_MS } from './connections.ts';
import type { FlatHeaders, HeadSink, ScoringResponse } from './scoring-response.ts';

/** Status in the event of a request whose caller disconnected before the answer (nginx's number). */
export const CALLER_DISCONNECTED = 499;

/** What an answer must know about its request. */
export interface AnsweredRequest {
  readonly request: IncomingMessage;
  /** Whether the caller is still sending the body. */
  readonly isReceiving: boolean;
  readonly connection: { readonly isClosing: boolean };
  readonly service: { readonly profile: CloudProfile | undefined };
  /** Read for the first time when the head is written. */
  readonly serving: { readonly generation: number; readonly stale: boolean };
}

/** The answer to one request: everything that is sent passes through here and gets the fields of the service. */
export class Answer implements HeadSink {
  readonly response: ScoringResponse;
  readonly #context: AnsweredRequest;
  /**
   * The caller waits for `100 Continue` before it sends the body; if it never gets one, the connection is not reused.
   */
  #awaitsContinue: boolean;
  /** The front end has answered; what the service sends later is discarded. */
  #isReplaced = false;
  /** Why the front end of a cloud service changed the answer. */
  reason: string | undefined;

  constructor(context: AnsweredRequest, response: ScoringResponse, awaitsContinue: boolean) {
    this.#context = context;
    this.response = response;
    this.#awaitsContinue = awaitsContinue;
    response.sink = this;
  }

  get isBegun(): boolean {
    return this.response.headersSent;
  }

  /** The status for the event, once the answer has ended. */
  get status(): number {
    return this.isBegun ? this.response.statusCode : CALLER_DISCONNECTED;
  }

  /** Sends `100 Continue` if the caller waits for it. Call it before reading the body. */
  sendContinue(): void {
    if (!this.#awaitsContinue) return;
    this.#awaitsContinue = false;
    this.response.writeContinue();
  }

  /**
   * Sends the whole answer; a string body must be ASCII. `headers`, with their own `Content-Length`, go between
   * `Server` and `Date` and the service's own. Throws, and sends nothing, if HTTP cannot carry a value.
   */
  send(status: number, headers: FlatHeaders, body: string | Uint8Array, reason?: string): void {
    if (!this.sendHead(status, headers, reason)) return;
    // Node writes head and text in one piece in the text's encoding: latin1 keeps the bytes of header values.
    if (typeof body === 'string') this.response.end(body, 'latin1');
    else this.response.end(body);
  }

  /**
   * As `send`, for a request whose body is not read: discards the rest of the body for a while before it closes the
   * connection, since a caller whose upload is reset may never read the answer.
   */
  sendUnread(status: number, headers: FlatHeaders, body: string, reason?: string): void {
    this.#closeAfterwards();
    if (this.sendHead(status, headers, reason)) this.#end(body);
  }

  /**
   * As `send`, with a body sent as it arrives. If the body breaks off, so does the connection; if the caller leaves,
   * the body ends.
   */
  async stream(status: number, headers: FlatHeaders, body: ReplyStream): Promise<void> {
    const { response } = this;
    // Node would write the field after the script's own.
    const framing = this.#context.request.httpVersion === '1.1' ? ['Transfer-Encoding', 'chunked'] : [];
    try {
      if (!this.sendHead(status, [...framing, ...headers])) {
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
      return; // The caller disconnected.
    }
    if (body.complete) response.end();
    else response.socket?.destroySoon();
  }

  /** Answers in place of the service, aborting its answer if that has begun. */
  replace({ status, text }: FrontEndAnswer): void {
    this.#isReplaced = true;
    this.reason = text;
    if (this.isBegun) {
      this.response.destroy();
      return;
    }
    this.#closeAfterwards();
    this.#writeHead(status, ['Content-Type', 'text/plain', 'Content-Length', String(text.length)]);
    this.#end(text);
  }

  /**
   * Sends the head as the front end passes it on. Returns false if the answer was replaced: nothing more may be sent.
   */
  sendHead(status: number, headers: FlatHeaders, reason = reasonOf(status)): boolean {
    if (this.#isReplaced) return false;
    const translated = this.#context.service.profile?.translate(status, reason);
    if (translated) {
      this.reason = `the service answered ${status} ${reason}`;
      this.#writeHead(translated.status, [...headers, ...translated.headers]);
    } else this.#writeHead(status, headers, reason);
    return true;
  }

  /** Adds the fields of every answer: `Server` and `Date` first, as on the real server, ours last. */
  #writeHead(status: number, headers: FlatHeaders, reason = reasonOf(status)): void {
    const { service, serving, connection } = this.#context;
    const framed = ['Server', SERVER, 'Date', httpDate(), ...headers];
    if (service.profile) framed.push(...service.profile.headers);
    framed.push('x-triton-local-generation', String(serving.generation));
    if (serving.stale) framed.push('x-triton-local-stale', 'true');
    // A caller that got no `100 Continue` may send its body or not: only a new connection is unambiguous.
    if (this.#awaitsContinue || connection.isClosing) framed.push('Connection', 'close');
    this.response.writeRawHead(status, framed, reason);
  }

  /** Closes the connection after this answer if the body is still on its way. */
  #closeAfterwards(): void {
    if (this.#context.isReceiving) this.#awaitsContinue = true;
  }

  #end(body: string): void {
    const { request, isReceiving } = this.#context;
    if (!isReceiving) {
      this.response.end(body, 'latin1');
      return;
    }
    this.response.write(body, 'latin1');
    const end = () => {
      clearTimeout(timer);
      this.response.end();
    };
    const timer = setTimeout(end, LINGER_MS);
    request.once('end', end).once('close', end).resume();
  }
}

/**
 * The real server sends `gunicorn`, Azure's front end `azureml-frontdoor`. No client acts on it, so we give our name.
 */
const SERVER = 'triton-local';

/** The reason phrase in capitals, `UNKNOWN` for a number without one, as the real server writes them. */
function reasonOf(status: number): string {
  let reason = REASONS.get(status);
  if (reason === undefined) {
    reason = STATUS_CODES[status]?.toUpperCase() ?? 'UNKNOWN';
    REASONS.set(status, reason);
  }
  return reason;
}

const REASONS = new Map<number, string>();

/** The value of `Date`, made once a second. */
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
