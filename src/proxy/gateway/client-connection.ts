import type { Socket } from 'node:net';
import { Exchange, type ExchangeOwner } from './exchange.ts';
import { scanRequest } from './message-head.ts';
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
  handOver(line: ClientConnection, socket: Socket, bytes: Buffer): void;
  onGone(line: ClientConnection): void;
}

/**
 * One client's connection on the short way, where of every message only the head is read. Whatever is not plain goes
 * to the full parser, before a byte of it was passed on.
 */
export class ClientConnection implements ExchangeOwner {
  readonly socket: Socket;
  readonly #gate: Gate;
  #exchange: Exchange | undefined;
  /** What came of the requests after this one. */
  #ahead: Buffer | undefined;
  #closesNow = false;

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

  /** Closes the connection once its request, if there is one, has been answered. */
  closeWhenIdle(): void {
    if (this.#exchange || this.#closesNow) return;
    this.#gate.begin();
    this.#closeSoon();
  }

  destroy(): void {
    this.#onLeave();
  }

  readonly #onData = (bytes: Buffer): void => {
    const exchange = this.#exchange;
    if (!exchange) {
      this.#begin(bytes);
      return;
    }
    const rest = exchange.takeBody(bytes);
    if (rest.length > 0) {
      this.#ahead = this.#ahead ? Buffer.concat([this.#ahead, rest]) : rest;
      if (this.#ahead.length > MAX_HEADER_BYTES) this.socket.pause();
    }
    if (exchange.isOver) this.#next();
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
    const end = request.length + request.bodyLength;
    if (bytes.length > end) this.#ahead = bytes.subarray(end);
    this.#exchange = new Exchange(this, { upstream, pool }, request, bytes);
  }

  readonly #onDrain = (): void => {
    this.#exchange?.resume();
  };

  onAnswered(): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const { method, target } = exchange.request;
    if (exchange.wasPassed) this.#gate.onAnswered(method, target);
    if (exchange.closes) {
      this.#exchange = undefined;
      this.#closeSoon();
      return;
    }
    this.socket.resume();
    if (exchange.isRead) this.#next();
  }

  onBroken(): void {
    this.#onLeave();
  }

  onRefused(bytes: Buffer): void {
    const all = this.#ahead ? Buffer.concat([bytes, this.#ahead]) : bytes;
    this.#exchange = undefined;
    this.#gate.end();
    this.#handOver(all);
  }

  #next(): void {
    this.#exchange = undefined;
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
    this.socket.on('error', () => this.socket.destroy());
    this.socket.once('close', () => {
      this.#gate.end();
      this.#gate.onGone(this);
    });
    // What still comes is not read any more.
    this.socket.resume();
    this.socket.destroySoon();
  }

  #handOver(bytes: Buffer): void {
    this.#detach();
    this.#gate.handOver(this, this.socket, bytes);
  }

  readonly #onLeave = (): void => {
    this.#exchange?.abandon();
    if (this.#exchange) this.#gate.end();
    this.#exchange = undefined;
    this.socket.destroy();
    // When it closes later it is counted there.
    if (!this.#closesNow) this.#gate.onGone(this);
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
