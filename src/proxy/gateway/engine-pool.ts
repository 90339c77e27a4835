import net from 'node:net';
import { limitConnecting } from '../connect-limit.ts';

/** Who has a connection to the engine for one request. */
export interface EngineUser {
  onEngineConnect(): void;
  onEngineData(bytes: Buffer): void;
  onEngineDrain(): void;
  /** The connection has ended; `error` says why where it did not end in order. */
  onEngineEnd(error: Error | undefined): void;
}

/** One connection to the engine; its listeners are set once and serve one user after another. */
export class EngineConnection {
  readonly socket: net.Socket;
  user: EngineUser | undefined;
  isReused = false;
  idleSince = 0;

  constructor(
    address: { readonly host: string; readonly port: number },
    onGone: (connection: EngineConnection) => void,
  ) {
    const socket = net.connect({ ...address, noDelay: true });
    limitConnecting(socket);
    this.socket = socket;
    let failure: Error | undefined;
    socket.on('connect', () => this.user?.onEngineConnect());
    socket.on('data', (bytes: Buffer) => {
      // Nobody asked for anything: what follows could be taken for the next caller's answer.
      if (this.user) this.user.onEngineData(bytes);
      else socket.destroy();
    });
    socket.on('drain', () => this.user?.onEngineDrain());
    const release = () => {
      onGone(this);
      const { user } = this;
      this.user = undefined;
      user?.onEngineEnd(failure);
    };
    socket.on('end', release);
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', release);
  }

  /** Ends it; its user hears nothing of that. */
  drop(): void {
    this.user = undefined;
    this.socket.destroy();
  }
}

/** Plain connections to one engine, the one used last first. */
export class EnginePool {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #most: number;
  readonly #connections = new Set<EngineConnection>();
  #idle: EngineConnection[] = [];
  #retired = false;

  constructor(address: { readonly host: string; readonly port: number }, most: number) {
    this.#address = address;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#idle.length === 0 && this.#connections.size >= this.#most;
  }

  /** Sockets whose user awaits something. */
  *inUse(): Generator<net.Socket> {
    for (const { user, socket } of this.#connections) if (user) yield socket;
  }

  /** A connection for `user`: one that was used at most `maxIdleMs` ago, or a new one. */
  take(user: EngineUser, maxIdleMs: number): EngineConnection {
    const idle = this.#idle.at(-1);
    if (idle && performance.now() - idle.idleSince <= maxIdleMs) {
      this.#idle.pop();
      idle.user = user;
      idle.isReused = true;
      return idle;
    }
    // The others have been idle for longer still.
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
    return this.connect(user);
  }

  connect(user: EngineUser): EngineConnection {
    const connection = new EngineConnection(this.#address, (gone) => {
      this.#connections.delete(gone);
      const index = this.#idle.indexOf(gone);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    this.#connections.add(connection);
    connection.user = user;
    return connection;
  }

  /** Takes a connection back whose answer came whole. */
  give(connection: EngineConnection): void {
    connection.user = undefined;
    if (this.#retired) {
      connection.socket.destroy();
      return;
    }
    connection.socket.resume();
    connection.idleSince = performance.now();
    this.#idle.push(connection);
  }

  /** Ends idle connections now and those in use after their answers. */
  retire(): void {
    this.#retired = true;
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
  }

  destroy(): void {
    this.#retired = true;
    for (const { socket } of [...this.#connections]) socket.destroy();
  }
}
