import type { Socket } from 'node:net';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import { type RequestHead, scanRequest } from './message-head.ts';
import { MAX_HEADER_BYTES, type Upstream } from './upstream.ts';

/** What a connection needs of the gateway. */
export interface Gate {
  /** Where plain requests go now; undefined while none may take the short way. */
  readonly upstream: Upstream | undefined;
  readonly isClosing: boolean;
  /** Whether the request needs no answer of our own. */
  mayPass(request: RequestHead): boolean;
  /** Counts what a close of the gateway waits for: a request, or the rest of an answer. */
  begin(socket: Socket): void;
  end(socket: Socket): void;
  onAnswered(exchange: Exchange): void;
  /** The connection goes to the full parser for the rest of its life, with bytes that were read already. */
  handOver(socket: Socket, bytes: Buffer): void;
}

type State =
  | { readonly at: 'idle' }
  /** `ahead` is what came of the requests after this one. */
  | { readonly at: 'busy'; readonly exchange: Exchange; readonly ahead: Buffer | undefined }
  /** The last answer is on its way out; until the client has it, the connection counts as busy. */
  | { readonly at: 'closing' }
  /** Closed, or the full parser's. */
  | { readonly at: 'gone' };

const IDLE: State = { at: 'idle' };
const CLOSING: State = { at: 'closing' };
const GONE: State = { at: 'gone' };

/**
 * One client's connection on the short way, where of every message only the head is read. Whatever is not plain goes
 * to the full parser, before a byte of it was passed on.
 */
export class ClientConnection implements ExchangeOwner {
  readonly socket: Socket;
  readonly #gate: Gate;
  #state: State = IDLE;

  constructor(socket: Socket, gate: Gate) {
    this.socket = socket;
    this.#gate = gate;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onLeave);
    socket.on('error', this.#onLeave);
    socket.on('close', this.#onLeave);
  }

  get isClosing(): boolean {
    return this.#gate.isClosing;
  }

  readonly #onData = (bytes: Buffer): void => {
    const state = this.#state;
    if (state.at === 'idle') this.#begin(bytes);
    if (state.at !== 'busy') return;
    const { exchange } = state;
    const rest = exchange.takeBody(bytes);
    if (rest.length > 0) {
      const ahead = state.ahead ? Buffer.concat([state.ahead, rest]) : rest;
      this.#state = { at: 'busy', exchange, ahead };
      if (ahead.length > MAX_HEADER_BYTES) this.socket.pause();
    }
    if (exchange.isOver) this.#next();
  };

  #begin(bytes: Buffer): void {
    // The gateway ends idle connections as it closes; what still comes on one has no answer to get.
    if (this.#gate.isClosing) return;
    const { upstream } = this.#gate;
    const pool = upstream?.pool;
    const request =
      pool && !pool.isFull ? scanRequest(bytes, upstream.overruled, MAX_HEADER_BYTES) : undefined;
    if (!pool || !upstream || !request || !this.#gate.mayPass(request)) {
      this.#handOver(bytes);
      return;
    }
    this.#gate.begin(this.socket);
    const end = request.length + request.bodyLength;
    const ahead = bytes.length > end ? bytes.subarray(end) : undefined;
    this.#state = { at: 'busy', exchange: new Exchange(this, { upstream, pool }, request, bytes), ahead };
  }

  readonly #onDrain = (): void => {
    if (this.#state.at === 'busy') this.#state.exchange.resume();
  };

  onAnswered(): void {
    if (this.#state.at !== 'busy') return;
    const { exchange } = this.#state;
    this.#gate.onAnswered(exchange);
    if (exchange.closes) {
      this.#close();
      return;
    }
    this.socket.resume();
    if (exchange.isRead) this.#next();
  }

  onBroken(): void {
    this.#onLeave();
  }

  onRefused(bytes: Buffer): void {
    if (this.#state.at !== 'busy') return;
    const { ahead } = this.#state;
    this.#gate.end(this.socket);
    this.#handOver(ahead ? Buffer.concat([bytes, ahead]) : bytes);
  }

  #next(): void {
    if (this.#state.at !== 'busy') return;
    const { ahead } = this.#state;
    if (this.#gate.isClosing) {
      this.#close();
      return;
    }
    this.#state = IDLE;
    this.#gate.end(this.socket);
    if (ahead) this.#begin(ahead);
  }

  /** Closes the connection when the client has taken all. */
  #close(): void {
    this.#state = CLOSING;
    this.#detach();
    this.socket.on('error', () => this.socket.destroy());
    this.socket.once('close', () => this.#gate.end(this.socket));
    // What still comes is not read any more.
    this.socket.resume();
    this.socket.destroySoon();
  }

  #handOver(bytes: Buffer): void {
    this.#state = GONE;
    this.#detach();
    this.#gate.handOver(this.socket, bytes);
  }

  readonly #onLeave = (): void => {
    const state = this.#state;
    this.#state = GONE;
    if (state.at === 'busy') {
      state.exchange.abandon();
      this.#gate.end(this.socket);
    }
    this.socket.destroy();
  };

  #detach(): void {
    const { socket } = this;
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onLeave);
    socket.off('error', this.#onLeave);
    socket.off('close', this.#onLeave);
  }
}
