import net from 'node:net';
import { hasErrno, listen } from '../../base/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';

/** Triton opens its metrics and gRPC ports a moment after it answers over HTTP. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 50;

interface Target {
  readonly host: string;
  readonly port: number;
}

/** A listener that passes bytes on to an engine's port as they come: for gRPC and metrics. */
export class TcpGateway implements AsyncDisposable {
  readonly #service: 'grpc' | 'metrics';
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();
  #target: Target | undefined;
  #closing: Promise<void> | undefined;

  constructor(service: 'grpc' | 'metrics') {
    this.#service = service;
    this.#server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#take(socket));
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return listen(this.#server, host, port, purpose);
  }

  /**
   * From now on connections go there; with none, new ones are closed. Those that lead to an engine that has ended are
   * closed by its end.
   */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    const address = endpoints?.[this.#service];
    this.#target = address === undefined ? undefined : parseAddress(address);
  }

  #take(socket: net.Socket): void {
    this.#keep(socket);
    const target = this.#target;
    if (!target) {
      socket.destroy();
      return;
    }
    this.#connect(socket, target, performance.now() + PATIENCE_MS);
  }

  #connect(socket: net.Socket, target: Target, until: number): void {
    if (socket.destroyed) return;
    const engine = net.connect({ ...target, noDelay: true, allowHalfOpen: true });
    const giveUp = (error: Error) => {
      if (!hasErrno(error, 'ECONNREFUSED') || performance.now() > until) socket.destroy();
      else setTimeout(() => this.#connect(socket, target, until), RETRY_MS).unref();
    };
    engine.once('error', giveUp);
    engine.once('connect', () => {
      engine.off('error', giveUp);
      this.#join(socket, engine);
    });
  }

  #join(socket: net.Socket, engine: net.Socket): void {
    this.#keep(engine);
    socket.pipe(engine);
    engine.pipe(socket);
    socket.once('close', () => engine.destroy());
    engine.once('close', () => socket.destroy());
    if (socket.destroyed) engine.destroy();
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
function parseAddress(address: string): Target {
  const { hostname, port } = new URL(address.includes('://') ? address : `http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}
