import type { Socket } from 'node:net';
import { hasErrno, messageOf } from '../../base/index.ts';
import { BodyEnd } from './body-end.ts';
import type { EngineLine, EnginePool, EngineUser } from './engine-pool.ts';
import { type AnswerHead, type RequestHead, scanAnswer, scanRequest } from './message-head.ts';
import { MAX_HEADER_BYTES, type Upstream } from './upstream.ts';

/** What a connection needs of the gateway. */
export interface Gate {
  /** Where plain requests go now; undefined while none may take the short way. */
  readonly upstream: Upstream | undefined;
  readonly isClosing: boolean;
  /** Whether the request needs no answer of our own. */
  mayPass(method: string, target: string): boolean;
  /** Counts what a close of the gateway waits for: a request, or the rest of an answer. */
  begin(): void;
  end(): void;
  onAnswered(method: string, target: string): void;
  /** The connection goes to the full parser for the rest of its life, with bytes that were read already. */
  handOver(line: ClientLine, socket: Socket, bytes: Buffer): void;
  onGone(line: ClientLine): void;
}

/** A request of up to so many bytes is kept until its answer begins, so that it can be sent once more. */
const MAX_KEPT = 65_536;
/** Others use a connection only where its end is not to be expected: Triton keeps idle ones open, many wait 5 s. */
const SURELY_OPEN_MS = 1_000;
/** Up to here one copy is cheaper than a second write. */
const MAX_JOINED = 16_384;
const NOTHING = Buffer.alloc(0);

/**
 * One client's connection on the short way: of every message only the head is read, bodies pass as the bytes they
 * are. Whatever is not plain goes to the full parser, before a byte of it was passed on.
 */
export class ClientLine implements EngineUser {
  readonly #socket: Socket;
  readonly #gate: Gate;
  #pool: EnginePool | undefined;
  #engine: EngineLine | undefined;
  #request: RequestHead | undefined;
  #requestHead: Buffer = NOTHING;
  #sentHead = '';
  #requestLeft = 0;
  /** The body so far, while the request may have to be sent again. */
  #kept: Buffer[] | undefined;
  #retried = false;
  #ahead: Buffer | undefined;
  #answerStart: Buffer | undefined;
  #answer: AnswerHead | undefined;
  #answerBody: BodyEnd | undefined;
  #closes = false;
  #closesNow = false;

  constructor(socket: Socket, gate: Gate) {
    this.#socket = socket;
    this.#gate = gate;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onLeave);
    socket.on('error', this.#onLeave);
    socket.on('close', this.#onLeave);
  }

  /** Closes the connection once its request, if there is one, has been answered. */
  closeWhenIdle(): void {
    if (this.#request || this.#closesNow) return;
    this.#gate.begin();
    this.#closeSoon();
  }

  destroy(): void {
    this.#onLeave();
  }

  readonly #onData = (bytes: Buffer): void => {
    if (!this.#request) {
      this.#begin(bytes);
      return;
    }
    let rest = bytes;
    if (this.#requestLeft > 0) {
      const part = bytes.subarray(0, this.#requestLeft);
      this.#requestLeft -= part.length;
      this.#sendBody(part);
      rest = bytes.subarray(part.length);
    }
    if (rest.length > 0) {
      this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, rest]) : rest;
      if (this.#ahead.length > MAX_HEADER_BYTES) this.#socket.pause();
    }
    // It was answered before its body had come.
    if (!this.#engine && this.#requestLeft === 0) this.#next();
  };

  #begin(bytes: Buffer): void {
    const { upstream } = this.#gate;
    const pool = upstream?.pool;
    const request =
      pool && !pool.isFull ? scanRequest(bytes, upstream.overruled, MAX_HEADER_BYTES) : undefined;
    if (!pool || !upstream || !request || !this.#gate.mayPass(request.method, request.target)) {
      this.#handOver(bytes);
      return;
    }
    this.#gate.begin();
    this.#request = request;
    this.#pool = pool;
    this.#requestHead = bytes.subarray(0, request.length);
    this.#sentHead = upstream.head(request.method, request.target, request.fields);
    this.#closes = !request.keepsAlive;
    const bodyEnd = request.length + request.bodyLength;
    const body = bytes.subarray(request.length, bodyEnd);
    this.#requestLeft = request.bodyLength - body.length;
    if (bytes.length > bodyEnd) this.#ahead = bytes.subarray(bodyEnd);
    const isSmall = bodyEnd <= MAX_KEPT;
    this.#kept = [body];
    this.#engine = pool.take(this, isSmall ? Number.POSITIVE_INFINITY : SURELY_OPEN_MS);
    send(this.#engine.socket, this.#sentHead, body);
    if (isSmall) return;
    // Until it is known that somebody takes it, no more is read than can be handed over.
    if (this.#engine.socket.connecting) this.#socket.pause();
    else this.#kept = undefined;
  }

  onEngineConnect(): void {
    const { length = 0, bodyLength = 0 } = this.#request ?? {};
    if (length + bodyLength <= MAX_KEPT) return;
    this.#kept = undefined;
    this.#socket.resume();
  }

  #sendBody(part: Buffer): void {
    if (!this.#engine) return;
    this.#kept?.push(part);
    if (!this.#engine.socket.write(part)) this.#socket.pause();
  }

  onEngineDrain(): void {
    if (!this.#engine?.socket.connecting) this.#socket.resume();
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
    const isBare = this.#request?.method === 'HEAD' || answer.status === 204 || answer.status === 304;
    const body = new BodyEnd(isBare ? 0 : answer.framing);
    this.#answerBody = body;
    if (this.#gate.isClosing || (!isBare && answer.framing === 'close')) this.#closes = true;
    const head = `${answer.lines}${this.#closes ? 'Connection: close\r\n' : ''}\r\n`;
    this.#passBody(body, head, start, answer.length);
  }

  #passBody(body: BodyEnd, head: string, bytes: Buffer, from: number): void {
    const end = body.take(bytes, from);
    if (!send(this.#socket, head, bytes.subarray(from, end))) this.#engine?.socket.pause();
    if (!body.done) return;
    const engine = this.#engine;
    this.#engine = undefined;
    if (engine) {
      // Only after whole messages both ways the next one begins where we think.
      if (this.#answer?.keepsAlive && end === bytes.length && this.#requestLeft === 0)
        this.#pool?.give(engine);
      else drop(engine);
    }
    this.#answered();
  }

  readonly #onDrain = (): void => {
    this.#engine?.socket.resume();
  };

  onEngineEnd(error: Error | undefined): void {
    const engine = this.#engine;
    if (!engine || !this.#request) return;
    if (this.#answer) {
      if (this.#answer.framing !== 'close' || error) this.#onLeave();
      else {
        this.#engine = undefined;
        drop(engine);
        this.#answered();
      }
      return;
    }
    if (this.#kept && !this.#answerStart && engine.isReused && !this.#retried) {
      // It closed the idle connection just when we took it.
      this.#retried = true;
      drop(engine);
      this.#engine = this.#pool?.connect(this);
      if (this.#engine) send(this.#engine.socket, this.#sentHead, Buffer.concat(this.#kept));
    } else if (this.#kept && !this.#retried && hasErrno(error, 'ECONNREFUSED')) {
      const bytes = Buffer.concat([this.#requestHead, ...this.#kept, this.#ahead ?? NOTHING]);
      this.#clear();
      this.#gate.end();
      this.#handOver(bytes);
    } else this.#fail(error ? messageOf(error) : 'it closed the connection');
  }

  /** Half an answer must not look like a whole one; where none has begun, there is one of our own. */
  #fail(reason: string): void {
    if (this.#answer || !this.#request) {
      this.#onLeave();
      return;
    }
    if (this.#engine) drop(this.#engine);
    this.#engine = undefined;
    const body = JSON.stringify({ error: `the engine does not answer: ${reason}` });
    const close = this.#closes || this.#gate.isClosing;
    this.#closes = close;
    const head = `HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${close ? 'Connection: close\r\n' : ''}\r\n`;
    send(this.#socket, head, this.#request.method === 'HEAD' ? NOTHING : Buffer.from(body));
    this.#answered();
  }

  #answered(): void {
    this.#kept = undefined;
    if (this.#request && this.#answer) this.#gate.onAnswered(this.#request.method, this.#request.target);
    if (this.#closes) {
      this.#clear();
      this.#closeSoon();
      return;
    }
    this.#socket.resume();
    if (this.#requestLeft === 0) this.#next();
  }

  #next(): void {
    this.#clear();
    if (this.#gate.isClosing) {
      this.#closeSoon();
      return;
    }
    this.#gate.end();
    const ahead = this.#ahead;
    this.#ahead = undefined;
    if (ahead) this.#begin(ahead);
  }

  /** Closes the connection when the client has taken all; until then it counts as busy. */
  #closeSoon(): void {
    this.#closesNow = true;
    this.#detach();
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.once('close', () => {
      this.#gate.end();
      this.#gate.onGone(this);
    });
    // What still comes is not read any more.
    this.#socket.resume();
    this.#socket.destroySoon();
  }

  #clear(): void {
    this.#request = undefined;
    this.#engine = undefined;
    this.#answer = undefined;
    this.#answerBody = undefined;
    this.#answerStart = undefined;
    this.#kept = undefined;
    this.#retried = false;
  }

  #handOver(bytes: Buffer): void {
    this.#detach();
    this.#gate.handOver(this, this.#socket, bytes);
  }

  readonly #onLeave = (): void => {
    if (this.#engine) drop(this.#engine);
    if (this.#request) this.#gate.end();
    this.#clear();
    this.#socket.destroy();
    // When it closes later it is counted there.
    if (!this.#closesNow) this.#gate.onGone(this);
  };

  #detach(): void {
    const socket = this.#socket;
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onLeave);
    socket.off('error', this.#onLeave);
    socket.off('close', this.#onLeave);
  }
}

function drop(engine: EngineLine): void {
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
