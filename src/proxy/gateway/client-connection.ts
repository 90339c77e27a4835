import type { Socket } from 'node:net';
import { type RequestHead, scanRequest } from './message-head.ts';
import { PlainRequest, type PlainRequestClient } from './plain-request.ts';
import { MAX_HEADER_BYTES, type Upstream } from './upstream.ts';

/** What a client's connection needs from the gateway. */
export interface GatewayContext {
  /** Where plain requests go now; undefined while none may take the fast path. */
  readonly upstream: Upstream | undefined;
  readonly isClosing: boolean;
  /** Whether the request may go to the engine as it is, without a response or preparation of our own. */
  mayPass(request: RequestHead): boolean;
  /** Counts what closing the gateway waits for: a request, or the rest of a response. */
  begin(socket: Socket): void;
  end(socket: Socket): void;
  onAnswered(request: PlainRequest): void;
  /** Called when the engine has closed a connection before the end of its response. */
  onEngineLost(upstream: Upstream): void;
  /** Gives the connection to the full parser for good, along with the bytes already read. */
  handOver(socket: Socket, bytes: Buffer): void;
}

type State =
  | { readonly at: 'idle' }
  /** `ahead` holds pipelined bytes that belong to later requests. */
  | { readonly at: 'busy'; readonly request: PlainRequest; readonly ahead: Buffer | undefined }
  /** The last response is being written; until the client has it, the connection counts as busy. */
  | { readonly at: 'closing' }
  /** Closed, or handed over to the full parser. */
  | { readonly at: 'detached' };

const IDLE: State = { at: 'idle' };
const CLOSING: State = { at: 'closing' };
const DETACHED: State = { at: 'detached' };

/**
 * One client's connection on the fast path, which parses only the head of each message. A request that is not plain
 * goes to the full parser before any of it has been forwarded.
 */
export class ClientConnection implements PlainRequestClient {
  readonly socket: Socket;
  readonly #gateway: GatewayContext;
  #state: State = IDLE;

  constructor(socket: Socket, gateway: GatewayContext) {
    this.socket = socket;
    this.#gateway = gateway;
    socket.on('data', this.#onData);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onDisconnect);
    socket.on('error', this.#onDisconnect);
    socket.on('close', this.#onDisconnect);
  }

  get isClosing(): boolean {
    return this.#gateway.isClosing;
  }

  readonly #onData = (bytes: Buffer): void => {
    const state = this.#state;
    if (state.at === 'idle') this.#begin(bytes);
    if (state.at !== 'busy') return;
    const { request } = state;
    const rest = request.takeBody(bytes);
    if (rest.length > 0) {
      const ahead = state.ahead ? Buffer.concat([state.ahead, rest]) : rest;
      this.#state = { at: 'busy', request, ahead };
      if (ahead.length > MAX_HEADER_BYTES) this.socket.pause();
    }
    if (request.isOver) this.#next();
  };

  #begin(bytes: Buffer): void {
    // A closing gateway ends idle connections; a request that still arrives on one gets no response.
    if (this.#gateway.isClosing) return;
    const { upstream } = this.#gateway;
    const pool = upstream?.pool;
    const head = pool && !pool.isFull ? scanRequest(bytes, upstream.overridden, MAX_HEADER_BYTES) : undefined;
    if (!pool || !upstream || !head || !this.#gateway.mayPass(head)) {
      this.#handOver(bytes);
      return;
    }
    this.#gateway.begin(this.socket);
    const end = head.length + head.bodyLength;
    const ahead = bytes.length > end ? bytes.subarray(end) : undefined;
    this.#state = { at: 'busy', request: new PlainRequest(this, { upstream, pool }, head, bytes), ahead };
  }

  readonly #onDrain = (): void => {
    if (this.#state.at === 'busy') this.#state.request.resume();
  };

  onAnswered(): void {
    if (this.#state.at !== 'busy') return;
    const { request } = this.#state;
    this.#gateway.onAnswered(request);
    if (request.closes) {
      this.#close();
      return;
    }
    this.socket.resume();
    if (request.isRead) this.#next();
  }

  onBroken(): void {
    this.#onDisconnect();
  }

  onEngineLost(upstream: Upstream): void {
    this.#gateway.onEngineLost(upstream);
  }

  onRefused(bytes: Buffer): void {
    if (this.#state.at !== 'busy') return;
    const { ahead } = this.#state;
    this.#gateway.end(this.socket);
    this.#handOver(ahead ? Buffer.concat([bytes, ahead]) : bytes);
  }

  #next(): void {
    if (this.#state.at !== 'busy') return;
    const { ahead } = this.#state;
    if (this.#gateway.isClosing) {
      this.#close();
      return;
    }
    this.#state = IDLE;
    this.#gateway.end(this.socket);
    if (ahead) this.#begin(ahead);
  }

  /** Closes the connection once everything has been written. */
  #close(): void {
    this.#state = CLOSING;
    this.#detach();
    this.socket.on('error', () => this.socket.destroy());
    this.socket.once('close', () => this.#gateway.end(this.socket));
    // Whatever still arrives is discarded.
    this.socket.resume();
    this.socket.destroySoon();
  }

  #handOver(bytes: Buffer): void {
    this.#state = DETACHED;
    this.#detach();
    this.#gateway.handOver(this.socket, bytes);
  }

  readonly #onDisconnect = (): void => {
    const state = this.#state;
    this.#state = DETACHED;
    if (state.at === 'busy') {
      state.request.abort();
      this.#gateway.end(this.socket);
    }
    this.socket.destroy();
  };

  #detach(): void {
    const { socket } = this;
    socket.pause();
    socket.off('data', this.#onData);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onDisconnect);
    socket.off('error', this.#onDisconnect);
    socket.off('close', this.#onDisconnect);
  }
}
