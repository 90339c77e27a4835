import net from 'node:net';
import { listen } from '../../base/index.ts';

/** A listener that passes bytes on to an engine's port as they come: for gRPC and metrics. */
export class TcpGateway implements AsyncDisposable {
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #target: { readonly host: string; readonly port: number } | undefined;
  #closing: Promise<void> | undefined;

  constructor() {
    this.#server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#take(socket));
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return listen(this.#server, host, port, purpose);
  }

  /**
   * From now on connections go to `HOST:PORT`; with none, new ones are closed. Those that lead to an engine that has
   * ended are closed by its end.
   */
  switchTo(target: string | undefined): void {
    this.#target = target === undefined ? undefined : parseAddress(target);
  }

  #take(socket: net.Socket): void {
    this.#keep(socket);
    const target = this.#target;
    if (!target) {
      socket.destroy();
      return;
    }
    const engine = net.connect({ ...target, noDelay: true, allowHalfOpen: true });
    this.#keep(engine);
    socket.pipe(engine);
    engine.pipe(socket);
    socket.once('close', () => engine.destroy());
    engine.once('close', () => socket.destroy());
  }

  #keep(socket: net.Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // What breaks one side closes both; there is nobody else to tell.
    socket.on('error', () => socket.destroy());
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (!this.#server.listening) return resolve();
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closing;
  }
}

/** `HOST:PORT`, or a URL that has them. */
function parseAddress(address: string): { host: string; port: number } {
  const { hostname, port } = new URL(address.includes('://') ? address : `http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}
