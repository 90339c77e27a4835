import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { within } from './lifetime.ts';
import { listen } from './ports.ts';

export interface DrainingServerOptions {
  /** How long requests in progress may take after closing begins; 0 ends them at once. */
  readonly drainMs: number;
  /** Called when a connection cannot be accepted, for example for lack of file handles; the server keeps listening. */
  readonly onError?: (error: Error) => void;
}

interface Connection {
  /** Requests in progress on it. */
  requests: number;
  /** Whether it arrived at this server, which alone may end it. */
  readonly isOwn: boolean;
}

/**
 * A TCP or HTTP server that counts the requests in progress on each connection and drains them when it closes: it
 * accepts nothing new, ends idle connections at once and busy ones after their answers, and after `drainMs` destroys
 * the rest.
 */
export class DrainingServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: DrainingServerOptions;
  readonly #connections = new Map<Socket, Connection>();
  #inProgress = 0;
  #onDrained: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(server: Server, options: DrainingServerOptions) {
    this.#server = server;
    this.#options = options;
    server.on('connection', (socket: Socket) => this.#add(socket, true));
  }

  /**
   * Resolves with the actual port (0 picks any free port).
   * @param purpose what the port is for, as messages name it, such as `Triton HTTP`.
   * @throws PORT_TAKEN, PORT_REFUSED
   */
  async listen(host: string, port: number, purpose: string): Promise<number> {
    const real = await listen(this.#server, host, port, purpose);
    this.#server.on('error', (error) => this.#options.onError?.(error));
    return real;
  }

  get isClosing(): boolean {
    return this.#closed !== undefined;
  }

  #add(socket: Socket, isOwn: boolean): Connection {
    const connection = { requests: 0, isOwn };
    this.#connections.set(socket, connection);
    // Node emits no event for pipelined responses that were never sent.
    socket.once('close', () => {
      this.#connections.delete(socket);
      this.#count(-connection.requests);
    });
    return connection;
  }

  #count(requests: number): void {
    this.#inProgress += requests;
    if (this.#inProgress === 0) this.#onDrained?.();
  }

  /** Counts a request as in progress until `end`, or until its connection closes. */
  begin(socket: Socket): void {
    // It may have arrived through another listener.
    const connection = this.#connections.get(socket) ?? this.#add(socket, false);
    connection.requests += 1;
    this.#count(1);
  }

  end(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (!connection) return;
    connection.requests -= 1;
    this.#count(-1);
    if (this.#closed && connection.isOwn && connection.requests === 0) socket.destroySoon();
  }

  /** Counts a request as in progress until its answer is sent or its client has disconnected. */
  track({ socket }: IncomingMessage, response: ServerResponse): void {
    this.begin(socket);
    if (this.#closed) response.shouldKeepAlive = false;
    response.once('close', () => this.end(socket));
  }

  /** Resolves when every connection is closed. */
  close(): Promise<void> {
    this.#closed ??= Promise.resolve().then(() => this.#close());
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const [socket, { isOwn, requests }] of this.#connections)
      if (isOwn && requests === 0) socket.destroySoon();
    if (this.#inProgress > 0) {
      const drained = new Promise<void>((resolve) => {
        this.#onDrained = resolve;
      });
      await within(drained, this.#options.drainMs);
    }
    for (const [socket, { isOwn }] of this.#connections) if (isOwn) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
