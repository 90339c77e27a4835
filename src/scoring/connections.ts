import { setMaxListeners } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as afterPoll } from 'node:timers/promises';
import { within } from '../base/index.ts';

/** How long requests that were accepted may take to finish once the server is being closed. */
const CLOSE_LIMIT_MS = 10_000;

/** How long a caller of a server that was left may take to send its next request, which tells it to go. */
const LAST_REQUEST_MS = 1_000;

/** How long a caller may take to read the answer to a request that it did not finish. */
export const LINGER_MS = 2_000;

/** How often a caller who has closed its side is asked whether it still listens. */
const ASK_AGAIN_MS = 1_000;

/** Why a body cannot be read to its end although its caller is there. */
export type BodyFailure = 'broken' | 'too-slow';

/** One caller's connection: how many of its requests are in progress, and whether it is still there. */
export class Connection {
  readonly #owner: Connections;
  readonly #socket: Socket;
  #requests = 0;
  #caller: AbortController | undefined;
  #latest: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
  #asking: NodeJS.Timeout | undefined;
  #failed = false;
  /** Told when the rest of the body that is being read will never come. */
  onBodyFailure: ((how: BodyFailure) => void) | undefined;

  constructor(owner: Connections, socket: Socket) {
    this.#owner = owner;
    this.#socket = socket;
  }

  /**
   * Aborts when the connection closes. All requests of a connection share it: an abort signal of its own would cost
   * each request as much as everything else that we do for it.
   */
  get signal(): AbortSignal {
    if (!this.#caller) {
      this.#caller = new AbortController();
      setMaxListeners(0, this.#caller.signal);
      if (this.#socket.destroyed) this.#caller.abort();
    }
    return this.#caller.signal;
  }

  /** Whether the server is being closed, so that answers should say that the connection ends. */
  get closing(): boolean {
    return this.#owner.closing;
  }

  /** Counts a request as in progress until its answer is on its way or the connection is gone. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    this.#requests += 1;
    this.#latest = { request, response };
    response.once('close', () => {
      this.#requests -= 1;
      if ((this.closing || this.#failed) && this.#requests === 0) this.#socket.destroySoon();
    });
  }

  /**
   * The bytes that came are no valid HTTP, or come too slowly. Returns whether that is dealt with: by the request whose
   * body they are, or by the end of the connection once the requests before them are answered.
   */
  fail(how: BodyFailure): boolean {
    if (this.#failed) return true;
    this.#failed = true;
    const { request, response } = this.#latest ?? {};
    if (request?.complete !== false) return this.#requests > 0;
    if (this.onBodyFailure) this.onBodyFailure(how);
    // Time for the answer to reach its caller; it waits for a rest of the body that never comes.
    else if (response?.headersSent) setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    else return false;
    return true;
  }

  /**
   * The caller has closed its side: it may still listen (then it gets its answer), or be gone, which only a write
   * brings to light. So it is asked by an interim answer while its request is in progress.
   */
  halfClosed(): void {
    this.#asking = setInterval(() => {
      const { request, response } = this.#latest ?? {};
      if (this.#requests > 0 && request?.httpVersion === '1.1' && !response?.headersSent)
        response?.writeProcessing();
    }, ASK_AGAIN_MS);
  }

  endIfIdle(): void {
    if (this.#requests === 0) this.#socket.destroy();
  }

  left(): void {
    clearInterval(this.#asking);
    this.#caller?.abort();
  }
}

/**
 * Closes a server without losing a request: nothing new is accepted, connections without a request end at once
 * (also those that never sent a byte, which Node would keep), the others after their answer.
 */
export class Connections {
  readonly #server: Server;
  readonly #open = new Map<Socket, Connection>();
  #isLeft = false;
  #closed: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    // A caller that closes its side after sending still gets its answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  get closing(): boolean {
    return this.#closed !== undefined;
  }

  /** The connection of a request, which counts as in progress from now on. */
  begin(request: IncomingMessage, response: ServerResponse): Connection {
    const connection = this.#open.get(request.socket) ?? this.#add(request.socket);
    connection.begin(request, response);
    return connection;
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Accepts no new connection and frees the port; those that are there are served on until `close`. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    // Connections that the system has made already are accepted before: it would reset them.
    await afterPoll();
    // The HTTP server's own way would end connections that wait for their next request.
    NetServer.prototype.close.call(this.#server);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #add(socket: Socket): Connection {
    const connection = new Connection(this, socket);
    this.#open.set(socket, connection);
    socket.once('end', () => connection.halfClosed());
    socket.once('close', () => {
      this.#open.delete(socket);
      connection.left();
    });
    return connection;
  }

  async #close(): Promise<void> {
    if (this.#isLeft) {
      const left = new Promise<void>((resolve) => {
        NetServer.prototype.close.call(this.#server, () => resolve());
      });
      await within(left, LAST_REQUEST_MS);
    }
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#open.values()) connection.endIfIdle();
    if (await within(ended, CLOSE_LIMIT_MS)) return;
    this.#server.closeAllConnections();
    await ended;
  }
}
