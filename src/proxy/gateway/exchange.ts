import type { Socket } from 'node:net';
import { hasErrno, messageOf } from '../../base/index.ts';
import { BodyEnd } from './body-end.ts';
import type { EngineConnection, EnginePool, EngineUser } from './engine-pool.ts';
import { type AnswerHead, type RequestHead, scanAnswer } from './message-head.ts';
import { MAX_HEADER_BYTES, type Upstream } from './upstream.ts';

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

/** A request of up to so many bytes is kept until its answer begins, so that it can be sent once more. */
const MAX_KEPT = 65_536;
/** Others use a connection only where its end is not to be expected: Triton keeps idle ones open, many wait 5 s. */
const SURELY_OPEN_MS = 1_000;
/** Up to here one copy is cheaper than a second write. */
const MAX_JOINED = 16_384;
const NOTHING = Buffer.alloc(0);

/** One plain request on its way to the engine and its answer back: heads are read, bodies pass as the bytes they are. */
export class Exchange implements EngineUser {
  readonly request: RequestHead;
  readonly #owner: ExchangeOwner;
  readonly #pool: EnginePool;
  readonly #requestHead: Buffer;
  readonly #sentHead: string;
  #requestLeft: number;
  /** The body so far, while the request may have to be sent again. */
  #kept: Buffer[] | undefined;
  #engine: EngineConnection | undefined;
  #retried = false;
  #answerStart: Buffer | undefined;
  #answer: AnswerHead | undefined;
  #answerBody: BodyEnd | undefined;
  /** Whether the client's connection must close after this. */
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
    const bodyEnd = request.length + request.bodyLength;
    const body = bytes.subarray(request.length, bodyEnd);
    this.#requestLeft = request.bodyLength - body.length;
    const isSmall = bodyEnd <= MAX_KEPT;
    this.#kept = [body];
    this.#engine = pool.take(this, isSmall ? Number.POSITIVE_INFINITY : SURELY_OPEN_MS);
    send(this.#engine.socket, this.#sentHead, body);
    if (isSmall) return;
    // Until it is known that somebody takes it, no more is read than can be handed over.
    if (this.#engine.socket.connecting) owner.socket.pause();
    else this.#kept = undefined;
  }

  get closes(): boolean {
    return this.#closes;
  }

  /** Whether the request has been read to its end. */
  get isRead(): boolean {
    return this.#requestLeft === 0;
  }

  /** Whether nothing of it is under way: it may be answered before its body has come. */
  get isOver(): boolean {
    return !this.#engine && this.isRead;
  }

  /** Takes what comes of the body; returns what comes after it. */
  takeBody(bytes: Buffer): Buffer {
    if (this.isRead) return bytes;
    const part = bytes.subarray(0, this.#requestLeft);
    this.#requestLeft -= part.length;
    if (this.#engine) {
      this.#kept?.push(part);
      if (!this.#engine.socket.write(part)) this.#owner.socket.pause();
    }
    return bytes.subarray(part.length);
  }

  /** The client takes more again. */
  resume(): void {
    this.#engine?.socket.resume();
  }

  /** Ends the request to the engine: the client has left. */
  abandon(): void {
    if (this.#engine) drop(this.#engine);
    this.#engine = undefined;
  }

  onEngineConnect(): void {
    if (this.request.length + this.request.bodyLength <= MAX_KEPT) return;
    this.#kept = undefined;
    this.#owner.socket.resume();
  }

  onEngineDrain(): void {
    if (!this.#engine?.socket.connecting) this.#owner.socket.resume();
  }

  onEngineData(bytes: Buffer): void {
    try {
      if (this.#answerBody) this.#passBody(this.#answerBody, '', bytes, 0);
      else this.#beginAnswer(bytes);
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #beginAnswer(bytes: Buffer): void {
    let start = this.#answerStart ? Buffer.concat([this.#answerStart, bytes]) : bytes;
    let answer = scanAnswer(start, MAX_HEADER_BYTES);
    while (answer && answer.status < 200) {
      if (answer.status === 101) throw new Error('it changes the protocol unasked');
      start = start.subarray(answer.length);
      answer = scanAnswer(start, MAX_HEADER_BYTES);
    }
    this.#answerStart = start;
    if (!answer) return;
    this.#answer = answer;
    this.#kept = undefined;
    const isBare = this.request.method === 'HEAD' || answer.status === 204 || answer.status === 304;
    const body = new BodyEnd(isBare ? 0 : answer.framing);
    this.#answerBody = body;
    if (this.#owner.isClosing || (!isBare && answer.framing === 'close')) this.#closes = true;
    const head = `${answer.lines}${this.#closes ? 'Connection: close\r\n' : ''}\r\n`;
    this.#passBody(body, head, start, answer.length);
  }

  #passBody(body: BodyEnd, head: string, bytes: Buffer, from: number): void {
    const end = body.take(bytes, from);
    if (!send(this.#owner.socket, head, bytes.subarray(from, end))) this.#engine?.socket.pause();
    if (!body.done) return;
    const engine = this.#engine;
    this.#engine = undefined;
    if (engine) {
      // Only after whole messages both ways the next one begins where we think.
      if (this.#answer?.keepsAlive && end === bytes.length && this.isRead) this.#pool.give(engine);
      else drop(engine);
    }
    this.#owner.onAnswered();
  }

  onEngineEnd(error: Error | undefined): void {
    const engine = this.#engine;
    if (!engine) return;
    if (this.#answer) this.#endWithEngine(engine, error);
    else if (this.#kept && !this.#answerStart && engine.isReused && !this.#retried) {
      // It closed the idle connection just when we took it.
      this.#retried = true;
      drop(engine);
      this.#engine = this.#pool.connect(this);
      send(this.#engine.socket, this.#sentHead, Buffer.concat(this.#kept));
    } else if (this.#kept && !this.#retried && hasErrno(error, 'ECONNREFUSED')) {
      this.#engine = undefined;
      this.#owner.onRefused(Buffer.concat([this.#requestHead, ...this.#kept]));
    } else this.#fail(error ? messageOf(error) : 'it closed the connection');
  }

  /** Some answers end with their connection. */
  #endWithEngine(engine: EngineConnection, error: Error | undefined): void {
    if (this.#answer?.framing !== 'close' || error) {
      this.#owner.onBroken();
      return;
    }
    this.#engine = undefined;
    drop(engine);
    this.#owner.onAnswered();
  }

  /** Where no answer has begun, there is one of our own. */
  #fail(reason: string): void {
    if (this.#answer) {
      this.#owner.onBroken();
      return;
    }
    this.abandon();
    this.#closes ||= this.#owner.isClosing;
    const body = JSON.stringify({ error: `the engine does not answer: ${reason}` });
    const head = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${this.#closes ? 'Connection: close\r\n' : ''}\r\n`;
    send(this.#owner.socket, head, this.request.method === 'HEAD' ? NOTHING : Buffer.from(body));
    this.#owner.onAnswered();
  }

  /** Whether the answer is the engine's. */
  get wasPassed(): boolean {
    return this.#answer !== undefined;
  }
}

function drop(engine: EngineConnection): void {
  engine.user = undefined;
  engine.socket.destroy();
}

/** @returns whether more may be written at once */
function send(socket: Socket, head: string, body: Buffer): boolean {
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
