import type { Socket } from 'node:net';
import { messageOf } from '../../base/index.ts';
import { isUnreachable } from '../connect-limit.ts';
import { BodyEnd } from './body-end.ts';
import type { EngineConnection, EnginePool, EngineUser } from './engine-pool.ts';
import { type AnswerHead, type RequestHead, scanAnswer } from './message-head.ts';
import { MAX_HEADER_BYTES, SURELY_OPEN_MS, type Upstream } from './upstream.ts';

/** The client's connection, as a request on it sees it. */
export interface PlainRequestClient {
  readonly socket: Socket;
  /** Whether the gateway is closing: this request is the last on its connection. */
  readonly isClosing: boolean;
  /** The engine's response, or one of our own, has been written. */
  onAnswered(): void;
  /** The connection must be destroyed, so that a partial response is not taken for a complete one. */
  onBroken(): void;
  /** The engine's connection has closed before the end of its response; `onAnswered` or `onBroken` follows. */
  onEngineLost(upstream: Upstream): void;
  /** No engine accepted the request; these are its bytes. */
  onRefused(bytes: Buffer): void;
}

/**
 * The state of a request. Only while connecting is it certain that the engine has received nothing, so only then may
 * the request go to another engine; reading from the client is paused meanwhile.
 */
type State =
  | { readonly at: 'connecting'; readonly engine: EngineConnection; readonly body: Buffer }
  | { readonly at: 'waiting'; readonly engine: EngineConnection; readonly start: Buffer }
  | {
      readonly at: 'answering';
      readonly engine: EngineConnection;
      readonly answer: AnswerHead;
      readonly body: BodyEnd;
    }
  | { readonly at: 'answered'; readonly by: 'engine' | 'gateway' | 'nobody' };

/** Up to this size, copying the body is cheaper than a second write. */
const MAX_JOINED = 16_384;
const NOTHING = Buffer.alloc(0);
const ANSWERED = {
  engine: { at: 'answered', by: 'engine' },
  gateway: { at: 'answered', by: 'gateway' },
} as const;

/** One plain request and its response: heads are parsed, bodies pass through as bytes. */
export class PlainRequest implements EngineUser {
  readonly head: RequestHead;
  /** When it arrived, by `performance.now()`. */
  readonly startedAt = performance.now();
  /** Status of the response; 503 for one of our own. */
  status = 503;
  readonly #client: PlainRequestClient;
  readonly #upstream: Upstream;
  readonly #pool: EnginePool;
  readonly #requestHead: Buffer;
  readonly #sentHead: string;
  #state: State;
  /** Bytes of the request's body that have not arrived yet. */
  #bodyRemaining: number;
  #closes: boolean;

  /** @param bytes start with the request's head; bytes after its body are ignored. */
  constructor(
    client: PlainRequestClient,
    { upstream, pool }: { readonly upstream: Upstream; readonly pool: EnginePool },
    head: RequestHead,
    bytes: Buffer,
  ) {
    this.head = head;
    this.#client = client;
    this.#upstream = upstream;
    this.#pool = pool;
    this.#requestHead = bytes.subarray(0, head.length);
    this.#sentHead = upstream.head(head.method, head.target, head.fields);
    this.#closes = !head.keepsAlive;
    const body = bytes.subarray(head.length, head.length + head.bodyLength);
    this.#bodyRemaining = head.bodyLength - body.length;
    this.#state = this.#send(
      pool.acquire(this, this.#isRepeatable ? Number.POSITIVE_INFINITY : SURELY_OPEN_MS),
      body,
    );
  }

  /** Whether the client's connection must close after this request. */
  get closes(): boolean {
    return this.#closes;
  }

  /** Whether the request has been read completely. */
  get isRead(): boolean {
    return this.#bodyRemaining === 0;
  }

  /** Whether both directions are complete: a request may be answered before its body has arrived. */
  get isOver(): boolean {
    return this.#state.at === 'answered' && this.isRead;
  }

  /** Whether the response is the engine's. */
  get wasPassed(): boolean {
    return this.#state.at === 'answered' && this.#state.by === 'engine';
  }

  /** Only such requests may be sent again (RFC 9110, 9.2.2): the engine may have executed any other. */
  get #isRepeatable(): boolean {
    return this.head.method !== 'POST' && this.head.bodyLength === 0;
  }

  #send(engine: EngineConnection, body: Buffer): State {
    write(engine.socket, this.#sentHead, body);
    if (!engine.socket.connecting) return { at: 'waiting', engine, start: NOTHING };
    this.#client.socket.pause();
    return { at: 'connecting', engine, body };
  }

  /** Takes the bytes that belong to the body and returns those after it. */
  takeBody(bytes: Buffer): Buffer {
    if (this.isRead) return bytes;
    const part = bytes.subarray(0, this.#bodyRemaining);
    this.#bodyRemaining -= part.length;
    const state = this.#state;
    if (state.at === 'connecting') {
      // These bytes were read before the client was paused.
      this.#state = { ...state, body: Buffer.concat([state.body, part]) };
      state.engine.socket.write(part);
    } else if (state.at !== 'answered' && !state.engine.socket.write(part)) this.#client.socket.pause();
    return bytes.subarray(part.length);
  }

  /** Continues the response after the client's buffer has drained. */
  resume(): void {
    if (this.#state.at !== 'answered') this.#state.engine.socket.resume();
  }

  /** Aborts the request to the engine, because the client has disconnected. */
  abort(): void {
    if (this.#state.at === 'answered') return;
    this.#state.engine.destroy();
    this.#state = { at: 'answered', by: 'nobody' };
  }

  onEngineConnect(): void {
    const state = this.#state;
    if (state.at !== 'connecting') return;
    this.#state = { at: 'waiting', engine: state.engine, start: NOTHING };
    this.#client.socket.resume();
  }

  onEngineDrain(): void {
    if (this.#state.at !== 'connecting') this.#client.socket.resume();
  }

  onEngineData(bytes: Buffer): void {
    const state = this.#state;
    try {
      if (state.at === 'waiting') this.#readHead(state.engine, state.start, bytes);
      else if (state.at === 'answering') this.#passBody(state, '', bytes, 0);
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #readHead(engine: EngineConnection, before: Buffer, bytes: Buffer): void {
    let start = before.length > 0 ? Buffer.concat([before, bytes]) : bytes;
    let answer = scanAnswer(start, MAX_HEADER_BYTES);
    while (answer && answer.status < 200) {
      if (answer.status === 101) throw new Error('it switched protocols without being asked');
      start = start.subarray(answer.length);
      answer = scanAnswer(start, MAX_HEADER_BYTES);
    }
    if (!answer) {
      this.#state = { at: 'waiting', engine, start };
      return;
    }
    const isBare = this.head.method === 'HEAD' || answer.status === 204 || answer.status === 304;
    const state = {
      at: 'answering',
      engine,
      answer,
      body: new BodyEnd(isBare ? 0 : answer.framing),
    } as const;
    this.#state = state;
    if (this.#client.isClosing || (!isBare && answer.framing === 'close')) this.#closes = true;
    const head = `${answer.lines}${this.#closes ? 'Connection: close\r\n' : ''}\r\n`;
    this.#passBody(state, head, start, answer.length);
  }

  #passBody(
    { engine, answer, body }: State & { readonly at: 'answering' },
    head: string,
    bytes: Buffer,
    from: number,
  ): void {
    const end = body.take(bytes, from);
    if (!write(this.#client.socket, head, bytes.subarray(from, end))) engine.socket.pause();
    if (!body.done) return;
    // The connection is reusable only if both messages are complete; otherwise the next response could be misread.
    if (answer.keepsAlive && end === bytes.length && this.isRead) this.#pool.release(engine);
    else engine.destroy();
    this.status = answer.status;
    this.#end('engine');
  }

  onEngineEnd(error: Error | undefined): void {
    const state = this.#state;
    if (state.at === 'answered') return;
    const { engine } = state;
    if (state.at === 'connecting' && isUnreachable(error)) {
      this.#state = ANSWERED.gateway;
      this.#client.onRefused(Buffer.concat([this.#requestHead, state.body]));
    } else if (state.at === 'waiting' && state.start.length === 0 && engine.isReused && this.#isRepeatable) {
      // The engine closed the idle connection just as we reused it.
      engine.destroy();
      this.#state = this.#send(this.#pool.connect(this), NOTHING);
    } else if (state.at === 'answering' && state.answer.framing === 'close' && !error) {
      // Such responses end with their connection.
      engine.destroy();
      this.status = state.answer.status;
      this.#end('engine');
    } else {
      this.#client.onEngineLost(this.#upstream);
      this.#fail(error ? messageOf(error) : 'it closed the connection');
    }
  }

  /** Responds with 503, unless the engine's response has begun: then the connection is broken off. */
  #fail(reason: string): void {
    if (this.#state.at === 'answering') {
      this.#client.onBroken();
      return;
    }
    this.abort();
    this.#closes ||= this.#client.isClosing;
    const body = JSON.stringify({ error: `the engine does not answer: ${reason}` });
    const head = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${this.#closes ? 'Connection: close\r\n' : ''}\r\n`;
    write(this.#client.socket, head, this.head.method === 'HEAD' ? NOTHING : Buffer.from(body));
    this.#end('gateway');
  }

  #end(by: 'engine' | 'gateway'): void {
    this.#state = ANSWERED[by];
    this.#client.onAnswered();
  }
}

/** @returns whether more may be written at once */
function write(socket: Socket, head: string, body: Buffer): boolean {
  if (head === '') return body.length === 0 || socket.write(body);
  if (body.length === 0) return socket.write(head, 'latin1');
  if (body.length <= MAX_JOINED) {
    const joined = Buffer.allocUnsafe(head.length + body.length);
    joined.write(head, 'latin1');
    joined.set(body, head.length);
    return socket.write(joined);
  }
  socket.cork();
  socket.write(head, 'latin1');
  const isFree = socket.write(body);
  socket.uncork();
  return isFree;
}
