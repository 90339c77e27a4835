import type { Socket } from 'node:net';
import { messageOf } from '../../base/index.ts';
import { isUnreachable } from '../connect-limit.ts';
import { BodyEnd } from './body-end.ts';
import type { EngineConnection, EnginePool, EngineUser } from './engine-pool.ts';
import { type AnswerHead, type RequestHead, scanAnswer } from './message-head.ts';
import { MAX_HEADER_BYTES, SURELY_OPEN_MS, type Upstream } from './upstream.ts';

/** The client's connection, as the request on it sees it. */
export interface ExchangeOwner {
  readonly socket: Socket;
  /** Whether the gateway closes, so that no further request is taken after this one. */
  readonly isClosing: boolean;
  /** The answer has been passed on, or one of our own has. */
  onAnswered(): void;
  /** The connection has to go: half an answer must not look like a whole one. */
  onBroken(): void;
  /** No engine took the request; these are its bytes. */
  onRefused(bytes: Buffer): void;
}

/**
 * Where a request is. Only while it connects is it certain that the engine has seen nothing of it, so only then may it
 * go to another engine; the client is not read meanwhile.
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

/** Up to here one copy is cheaper than a second write. */
const MAX_JOINED = 16_384;
const NOTHING = Buffer.alloc(0);
const ANSWERED = {
  engine: { at: 'answered', by: 'engine' },
  gateway: { at: 'answered', by: 'gateway' },
} as const;

/** One plain request on its way to the engine and its answer back: heads are read, bodies pass as the bytes they are. */
export class Exchange implements EngineUser {
  readonly request: RequestHead;
  /** When it came, as `performance.now()` counts. */
  readonly startedAt = performance.now();
  /** Of the answer; 503 where it is one of our own. */
  status = 503;
  readonly #owner: ExchangeOwner;
  readonly #pool: EnginePool;
  readonly #requestHead: Buffer;
  readonly #sentHead: string;
  #state: State;
  /** Bytes of the request's body that have not come yet. */
  #bodyLeft: number;
  #closes: boolean;

  /** @param bytes begin with the request's head; what follows its body is not looked at. */
  constructor(
    owner: ExchangeOwner,
    { upstream, pool }: { readonly upstream: Upstream; readonly pool: EnginePool },
    request: RequestHead,
    bytes: Buffer,
  ) {
    this.request = request;
    this.#owner = owner;
    this.#pool = pool;
    this.#requestHead = bytes.subarray(0, request.length);
    this.#sentHead = upstream.head(request.method, request.target, request.fields);
    this.#closes = !request.keepsAlive;
    const body = bytes.subarray(request.length, request.length + request.bodyLength);
    this.#bodyLeft = request.bodyLength - body.length;
    this.#state = this.#send(
      pool.take(this, this.#isRepeatable ? Number.POSITIVE_INFINITY : SURELY_OPEN_MS),
      body,
    );
  }

  /** Whether the client's connection must close after this. */
  get closes(): boolean {
    return this.#closes;
  }

  /** Whether the request has been read to its end. */
  get isRead(): boolean {
    return this.#bodyLeft === 0;
  }

  /** Whether nothing of it is under way: it may be answered before its body has come. */
  get isOver(): boolean {
    return this.#state.at === 'answered' && this.isRead;
  }

  /** Whether the answer is the engine's. */
  get wasPassed(): boolean {
    return this.#state.at === 'answered' && this.#state.by === 'engine';
  }

  /** RFC 9110, 9.2.2: nobody but the client may repeat anything else, since the engine may have executed it. */
  get #isRepeatable(): boolean {
    return this.request.method !== 'POST' && this.request.bodyLength === 0;
  }

  #send(engine: EngineConnection, body: Buffer): State {
    write(engine.socket, this.#sentHead, body);
    if (!engine.socket.connecting) return { at: 'waiting', engine, start: NOTHING };
    this.#owner.socket.pause();
    return { at: 'connecting', engine, body };
  }

  /** Takes what comes of the body; returns what comes after it. */
  takeBody(bytes: Buffer): Buffer {
    if (this.isRead) return bytes;
    const part = bytes.subarray(0, this.#bodyLeft);
    this.#bodyLeft -= part.length;
    const state = this.#state;
    if (state.at === 'connecting') {
      // Read before the client was paused.
      this.#state = { ...state, body: Buffer.concat([state.body, part]) };
      state.engine.socket.write(part);
    } else if (state.at !== 'answered' && !state.engine.socket.write(part)) this.#owner.socket.pause();
    return bytes.subarray(part.length);
  }

  /** The client takes more again. */
  resume(): void {
    if (this.#state.at !== 'answered') this.#state.engine.socket.resume();
  }

  /** Ends the request to the engine: the client has left. */
  abandon(): void {
    if (this.#state.at === 'answered') return;
    this.#state.engine.drop();
    this.#state = { at: 'answered', by: 'nobody' };
  }

  onEngineConnect(): void {
    const state = this.#state;
    if (state.at !== 'connecting') return;
    this.#state = { at: 'waiting', engine: state.engine, start: NOTHING };
    this.#owner.socket.resume();
  }

  onEngineDrain(): void {
    if (this.#state.at !== 'connecting') this.#owner.socket.resume();
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
      if (answer.status === 101) throw new Error('it changes the protocol unasked');
      start = start.subarray(answer.length);
      answer = scanAnswer(start, MAX_HEADER_BYTES);
    }
    if (!answer) {
      this.#state = { at: 'waiting', engine, start };
      return;
    }
    const isBare = this.request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
    const state = {
      at: 'answering',
      engine,
      answer,
      body: new BodyEnd(isBare ? 0 : answer.framing),
    } as const;
    this.#state = state;
    if (this.#owner.isClosing || (!isBare && answer.framing === 'close')) this.#closes = true;
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
    if (!write(this.#owner.socket, head, bytes.subarray(from, end))) engine.socket.pause();
    if (!body.done) return;
    // Only after whole messages both ways the next one begins where we think.
    if (answer.keepsAlive && end === bytes.length && this.isRead) this.#pool.give(engine);
    else engine.drop();
    this.status = answer.status;
    this.#end('engine');
  }

  onEngineEnd(error: Error | undefined): void {
    const state = this.#state;
    if (state.at === 'answered') return;
    const { engine } = state;
    if (state.at === 'connecting' && isUnreachable(error)) {
      this.#state = ANSWERED.gateway;
      this.#owner.onRefused(Buffer.concat([this.#requestHead, state.body]));
    } else if (state.at === 'waiting' && state.start.length === 0 && engine.isReused && this.#isRepeatable) {
      // It closed the idle connection just when we took it.
      engine.drop();
      this.#state = this.#send(this.#pool.connect(this), NOTHING);
    } else if (state.at === 'answering' && state.answer.framing === 'close' && !error) {
      // Some answers end with their connection.
      engine.drop();
      this.status = state.answer.status;
      this.#end('engine');
    } else this.#fail(error ? messageOf(error) : 'it closed the connection');
  }

  /** Where no answer has begun, there is one of our own. */
  #fail(reason: string): void {
    if (this.#state.at === 'answering') {
      this.#owner.onBroken();
      return;
    }
    this.abandon();
    this.#closes ||= this.#owner.isClosing;
    const body = JSON.stringify({ error: `the engine does not answer: ${reason}` });
    const head = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${this.#closes ? 'Connection: close\r\n' : ''}\r\n`;
    write(this.#owner.socket, head, this.request.method === 'HEAD' ? NOTHING : Buffer.from(body));
    this.#end('gateway');
  }

  #end(by: 'engine' | 'gateway'): void {
    this.#state = ANSWERED[by];
    this.#owner.onAnswered();
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
