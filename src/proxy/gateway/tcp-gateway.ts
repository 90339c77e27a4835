import net from 'node:net';
import { DrainingServer, hasErrno } from '../../base/index.ts';
import { limitConnecting } from '../connect-limit.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { type LivenessLimits, LivenessWatch } from '../liveness.ts';
import { probeEngine } from './engine-probe.ts';

/** Triton opens its metrics and gRPC ports a moment after it answers over HTTP. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 50;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** The bytes that had passed to and from an engine when last looked at, and whether the engine spoke last. */
interface Traffic {
  readonly read: number;
  readonly written: number;
  readonly awaits: boolean;
}

interface Target {
  readonly address: Address;
  readonly connections: Map<net.Socket, Traffic>;
  readonly watch: LivenessWatch;
}

/** A listener that passes bytes on to an engine's port as they come: for gRPC and metrics. */
export class TcpGateway implements AsyncDisposable {
  readonly #service: 'grpc' | 'metrics';
  readonly #server: DrainingServer;
  readonly #liveness: LivenessLimits | undefined;
  #target: Target | undefined;

  constructor(service: 'grpc' | 'metrics', liveness?: LivenessLimits) {
    this.#service = service;
    this.#liveness = liveness;
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#take(socket));
    this.#server = new DrainingServer(server, { drainMs: 0 });
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#server.listen(host, port, purpose);
  }

  /**
   * From now on connections go there; with none, new ones are closed. Those that lead to an engine that has ended are
   * closed by its end.
   */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    const address = endpoints?.[this.#service];
    this.#target?.watch.retire();
    this.#target =
      endpoints && address !== undefined ? this.#makeTarget(parseAddress(address), endpoints) : undefined;
  }

  #makeTarget(address: Address, endpoints: EngineEndpoints): Target {
    const connections = new Map<net.Socket, Traffic>();
    const watch = new LivenessWatch({
      inUse: () => awaitingAnswer(connections),
      probe: (signal) => probeEngine(endpoints, signal),
      limits: this.#liveness,
    });
    return { address, connections, watch };
  }

  #take(socket: net.Socket): void {
    endOnError(socket);
    const target = this.#target;
    if (!target) {
      socket.destroy();
      return;
    }
    this.#connect(socket, target, performance.now() + PATIENCE_MS);
  }

  #connect(socket: net.Socket, target: Target, until: number): void {
    if (socket.destroyed) return;
    const engine = net.connect({ ...target.address, noDelay: true, allowHalfOpen: true });
    limitConnecting(engine);
    const giveUp = (error: Error) => {
      if (!hasErrno(error, 'ECONNREFUSED') || performance.now() > until) socket.destroy();
      else setTimeout(() => this.#connect(socket, target, until), RETRY_MS).unref();
    };
    engine.once('error', giveUp);
    engine.once('connect', () => {
      engine.off('error', giveUp);
      this.#join(socket, engine, target);
    });
  }

  #join(socket: net.Socket, engine: net.Socket, { connections }: Target): void {
    connections.set(engine, { read: 0, written: 0, awaits: false });
    engine.once('close', () => connections.delete(engine));
    endOnError(engine);
    socket.pipe(engine);
    engine.pipe(socket);
    socket.once('close', () => engine.destroy());
    engine.once('close', () => socket.destroy());
    if (socket.destroyed) engine.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#target?.watch.retire();
    return this.#server.close();
  }
}

/** What breaks one side closes both; there is nobody else to report it to. */
function endOnError(socket: net.Socket): void {
  socket.on('error', () => socket.destroy());
}

/** Connections on which the client spoke last, as far as bytes can tell. */
function* awaitingAnswer(connections: Map<net.Socket, Traffic>): Generator<net.Socket> {
  for (const [socket, before] of connections) {
    const { bytesRead: read, bytesWritten: written } = socket;
    const awaits = read === before.read && (before.awaits || written !== before.written);
    connections.set(socket, { read, written, awaits });
    if (awaits) yield socket;
  }
}

/** `HOST:PORT`, or a URL that has them. */
function parseAddress(address: string): Address {
  const { hostname, port } = new URL(address.includes('://') ? address : `http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}
