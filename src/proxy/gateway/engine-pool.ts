import net from 'node:net';
import { limitConnecting } from '../connect-limit.ts';

/** The request that currently uses a connection to the engine. */
export interface EngineUser {
  onEngineConnect(): void;
  onEngineData(bytes: Buffer): void;
  onEngineDrain(): void;
  /** The connection has closed; `error` says why, unless it closed in order. */
  onEngineEnd(error: Error | undefined): void;
}

/** One connection to the engine. Its listeners are set once and serve one request after another. */
export class EngineConnection {
  readonly socket: net.Socket;
  user: EngineUser | undefined;
  isReused = false;
  idleSince = 0;

  constructor(
    address: { readonly host: string; readonly port: number },
    onClosed: (connection: EngineConnection) => void,
  ) {
    const socket = net.connect({ ...address, noDelay: true });
    limitConnecting(socket);
    this.socket = socket;
    let failure: Error | undefined;
    socket.on('connect', () => this.user?.onEngineConnect());
    socket.on('data', (bytes: Buffer) => {
      // Unexpected bytes: they could be taken for the response to the next request.
      if (this.user) this.user.onEngineData(bytes);
      else socket.destroy();
    });
    socket.on('drain', () => this.user?.onEngineDrain());
    const onEnd = () => {
      onClosed(this);
      const { user } = this;
      this.user = undefined;
      user?.onEngineEnd(failure);
    };
    socket.on('end', onEnd);
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', onEnd);
  }

  /** Closes the connection without notifying its user. */
  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
  }
}

/** Unencrypted connections to one engine; the most recently used one is reused first. */
export class EnginePool {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #maxConnections: number;
  readonly #connections = new Set<EngineConnection>();
  #idle: EngineConnection[] = [];
  #closed = false;

  constructor(address: { readonly host: string; readonly port: number }, maxConnections: number) {
    this.#address = address;
    this.#maxConnections = maxConnections;
  }

  get isFull(): boolean {
    return this.#idle.length === 0 && this.#connections.size >= this.#maxConnections;
  }

  /** Sockets on which a request waits for its response. */
  *inUse(): Generator<net.Socket> {
    for (const { user, socket } of this.#connections) if (user) yield socket;
  }

  /** Returns a connection that has been idle for at most `maxIdleMs`, or a new one. */
  acquire(user: EngineUser, maxIdleMs: number): EngineConnection {
    const idle = this.#idle.at(-1);
    if (idle && performance.now() - idle.idleSince <= maxIdleMs) {
      this.#idle.pop();
      idle.user = user;
      idle.isReused = true;
      return idle;
    }
    // All the others have been idle for even longer.
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
    return this.connect(user);
  }

  connect(user: EngineUser): EngineConnection {
    const connection = new EngineConnection(this.#address, (closed) => {
      this.#connections.delete(closed);
      const index = this.#idle.indexOf(closed);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    this.#connections.add(connection);
    connection.user = user;
    return connection;
  }

  /** Returns a connection to the pool after a complete response. */
  release(connection: EngineConnection): void {
    connection.user = undefined;
    if (this.#closed) {
      connection.socket.destroy();
      return;
    }
    connection.socket.resume();
    connection.idleSince = performance.now();
    this.#idle.push(connection);
  }

  /** Closes idle connections now, and those in use after their responses. */
  close(): void {
    this.#closed = true;
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
  }

  /** Closes every connection now. */
  destroy(): void {
    this.#closed = true;
    for (const { socket } of [...this.#connections]) socket.destroy();
  }
}
