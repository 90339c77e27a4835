import { setMaxListeners } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { setImmediate as afterPoll } from 'node:timers/promises';
import { DrainingServer, within } from '../base/index.ts';

/** How long accepted requests may take to finish once the server closes. */
const DRAIN_MS = 10_000;

/** How long a caller may take, after the port has moved, to send the request whose answer closes the connection. */
const LAST_REQUEST_MS = 1_000;

/** How long a caller may take to read the answer to a request that it did not finish. */
export const LINGER_MS = 2_000;

/** How often we check whether a caller that has closed its sending side still listens. */
const PROBE_INTERVAL_MS = 1_000;

/** Why a body cannot be read to its end although its caller is still connected. */
export type BodyFailure = 'broken' | 'too-slow';

/** One caller's connection: how many of its requests are in progress, and whether the caller is still there. */
export class Connection {
  readonly #owner: Connections;
  readonly #socket: Socket;
  #requests = 0;
  #caller: AbortController | undefined;
  #latest: { readonly request: IncomingMessage; readonly response: ServerResponse } | undefined;
  #probe: NodeJS.Timeout | undefined;
  #failed = false;
  /** Called when the rest of the body that is being read will never arrive. */
  onBodyFailure: ((failure: BodyFailure) => void) | undefined;

  constructor(owner: Connections, socket: Socket) {
    this.#owner = owner;
    this.#socket = socket;
    socket.once('end', () => this.#probeCaller());
    socket.once('close', () => {
      clearInterval(this.#probe);
      this.#caller?.abort();
    });
  }

  /**
   * Aborts when the connection closes. All requests of a connection share it: a signal for each request would cost as
   * much as everything else that we do for it.
   */
  get signal(): AbortSignal {
    if (!this.#caller) {
      this.#caller = new AbortController();
      setMaxListeners(0, this.#caller.signal);
      if (this.#socket.destroyed) this.#caller.abort();
    }
    return this.#caller.signal;
  }

  /** Whether the server is closing, so that answers should announce the end of the connection. */
  get isClosing(): boolean {
    return this.#owner.isClosing;
  }

  /** Counts a request as in progress until its answer is sent or the connection is closed. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    this.#requests += 1;
    this.#latest = { request, response };
    response.once('close', () => {
      this.#requests -= 1;
      this.#owner.end(this.#socket);
      if ((this.isClosing || this.#failed) && this.#requests === 0) this.#socket.destroySoon();
    });
  }

  /**
   * Reports bytes that are not valid HTTP or arrive too slowly. Returns whether that is taken care of: by the request
   * whose body they belong to, or by closing the connection once earlier requests are answered.
   */
  fail(failure: BodyFailure): boolean {
    if (this.#failed) return true;
    this.#failed = true;
    const { request, response } = this.#latest ?? {};
    if (request?.complete !== false) return this.#requests > 0;
    if (this.onBodyFailure) this.onBodyFailure(failure);
    // The answer is on its way and waits for a body that never arrives: give it time to reach the caller.
    else if (response?.headersSent) setTimeout(() => this.#socket.destroy(), LINGER_MS).unref();
    else return false;
    return true;
  }

  /**
   * The caller has closed its sending side. It may still listen, and then gets its answer, or be gone, which only a
   * write reveals: so we send interim answers while its request is in progress.
   */
  #probeCaller(): void {
    this.#probe = setInterval(() => {
      const { request, response } = this.#latest ?? {};
      if (this.#requests > 0 && request?.httpVersion === '1.1' && !response?.headersSent)
        response?.writeProcessing();
    }, PROBE_INTERVAL_MS);
  }
}

/** The connections of a server, which can stop listening before it closes and loses no accepted request. */
export class Connections {
  readonly #server: NetServer;
  readonly #draining: DrainingServer;
  readonly #open = new Map<Socket, Connection>();
  #isListening = true;
  #closed: Promise<void> | undefined;

  /** @param onError called when a connection cannot be accepted; the server listens on. */
  constructor(server: NetServer, onError: (error: Error) => void) {
    this.#server = server;
    this.#draining = new DrainingServer(server, { drainMs: DRAIN_MS, onError });
    // A caller that closes its sending side after the request still gets its answer.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('connection', (socket: Socket) => this.#add(socket));
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#draining.listen(host, port, purpose);
  }

  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  /** Returns the connection of a request, which counts as in progress from now on. */
  begin(request: IncomingMessage, response: ServerResponse): Connection {
    const { socket } = request;
    const connection = this.#open.get(socket) ?? this.#add(socket);
    this.#draining.begin(socket);
    connection.begin(request, response);
    return connection;
  }

  end(socket: Socket): void {
    this.#draining.end(socket);
  }

  of(socket: Socket): Connection | undefined {
    return this.#open.get(socket);
  }

  /** Frees the port; open connections are served until `close`. */
  async stopListening(): Promise<void> {
    this.#isListening = false;
    // Accepts the connections that the system has already made, which it would reset otherwise.
    await afterPoll();
    // The HTTP server's own `close` would end connections that wait for their next request.
    NetServer.prototype.close.call(this.#server);
  }

  /** Serves what was accepted, within a limit, then closes every connection. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    if (!this.#isListening) await this.#awaitLastRequests();
    await this.#draining.close();
  }

  async #awaitLastRequests(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      NetServer.prototype.close.call(this.#server, () => resolve());
    });
    await within(ended, LAST_REQUEST_MS);
  }

  #add(socket: Socket): Connection {
    const connection = new Connection(this, socket);
    this.#open.set(socket, connection);
    socket.once('close', () => this.#open.delete(socket));
    return connection;
  }
}
