import net from 'node:net';

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
    onGone: (line: EngineConnection) => void,
  ) {
    const socket = net.connect({ ...address, noDelay: true });
    this.socket = socket;
    let failure: Error | undefined;
    socket.on('connect', () => this.user?.onEngineConnect());
    socket.on('data', (bytes: Buffer) => {
      // Nobody asked for anything: what follows could be taken for the next caller's answer.
      if (this.user) this.user.onEngineData(bytes);
      else socket.destroy();
    });
    socket.on('drain', () => this.user?.onEngineDrain());
    const tell = () => {
      onGone(this);
      const { user } = this;
      this.user = undefined;
      user?.onEngineEnd(failure);
    };
    socket.on('end', tell);
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', tell);
  }
}

/** Plain connections to one engine, the one used last first. */
export class EnginePool {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #most: number;
  readonly #lines = new Set<EngineConnection>();
  #idle: EngineConnection[] = [];
  #retired = false;

  constructor(address: { readonly host: string; readonly port: number }, most: number) {
    this.#address = address;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.#idle.length === 0 && this.#lines.size >= this.#most;
  }

  /** A connection for `user`: one that was used at most `maxIdleMs` ago, or a new one. */
  take(user: EngineUser, maxIdleMs: number): EngineConnection {
    const line = this.#idle.at(-1);
    if (line && performance.now() - line.idleSince <= maxIdleMs) {
      this.#idle.pop();
      line.user = user;
      line.isReused = true;
      return line;
    }
    return this.connect(user);
  }

  connect(user: EngineUser): EngineConnection {
    const line = new EngineConnection(this.#address, (gone) => {
      this.#lines.delete(gone);
      const index = this.#idle.indexOf(gone);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    this.#lines.add(line);
    line.user = user;
    return line;
  }

  /** Takes a connection back whose answer came whole. */
  give(line: EngineConnection): void {
    line.user = undefined;
    if (this.#retired) {
      line.socket.destroy();
      return;
    }
    line.socket.resume();
    line.idleSince = performance.now();
    this.#idle.push(line);
  }

  /** Ends idle connections now and those in use after their answers. */
  retire(): void {
    this.#retired = true;
    for (const { socket } of this.#idle.splice(0)) socket.destroy();
  }

  destroy(): void {
    this.#retired = true;
    for (const { socket } of [...this.#lines]) socket.destroy();
  }
}
