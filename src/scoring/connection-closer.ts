import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { within } from '../base/index.ts';
import type { Exchange } from './exchange.ts';

/** How long requests that were accepted may take to finish once the server is being closed. */
const CLOSE_LIMIT_MS = 10_000;

/**
 * Closes a server without losing a request: nothing new is accepted, connections without a request end at once
 * (also those that never sent a byte, which Node would keep), the others after their answer.
 */
export class ConnectionCloser {
  readonly #server: Server;
  /** Every open connection with the number of requests in progress on it. */
  readonly #connections = new Map<Socket, number>();
  #closed: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      this.#connections.set(socket, 0);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  get closing(): boolean {
    return this.#closed !== undefined;
  }

  /** Counts a request as in progress until its answer is on its way or its connection is gone. */
  track({ request, response }: Exchange): void {
    const { socket } = request;
    this.#connections.set(socket, (this.#connections.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const count = this.#connections.get(socket);
      if (count === undefined) return;
      this.#connections.set(socket, count - 1);
      if (this.closing && count === 1) socket.destroySoon();
    });
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, count] of this.#connections) if (count === 0) socket.destroy();
    if (await within(ended, CLOSE_LIMIT_MS)) return;
    this.#server.closeAllConnections();
    await ended;
  }
}
