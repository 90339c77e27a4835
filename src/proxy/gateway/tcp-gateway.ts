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

/** Bytes transferred at the last check, and whether a response was awaited then. */
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

/** A listener that passes bytes through to an engine's gRPC or metrics port. */
export class TcpGateway implements AsyncDisposable {
  readonly #service: 'grpc' | 'metrics';
  readonly #server: DrainingServer;
  readonly #liveness: LivenessLimits | undefined;
  #target: Target | undefined;

  constructor(service: 'grpc' | 'metrics', liveness?: LivenessLimits) {
    this.#service = service;
    this.#liveness = liveness;
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server = new DrainingServer(server, { drainMs: 0 });
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#server.listen(host, port, purpose);
  }

  /**
   * Connects new clients there from now on; without endpoints, they are disconnected. Existing connections end with
   * their engine.
   */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    const address = endpoints?.[this.#service];
    this.#target?.watch.close();
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

  #accept(socket: net.Socket): void {
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
    this.#target?.watch.close();
    return this.#server.close();
  }
}

/** An error on one side closes both; there is nowhere to report it. */
function endOnError(socket: net.Socket): void {
  socket.on('error', () => socket.destroy());
}

/** Connections on which the client sent bytes last, so that a response is probably awaited. */
function* awaitingAnswer(connections: Map<net.Socket, Traffic>): Generator<net.Socket> {
  for (const [socket, before] of connections) {
    const { bytesRead: read, bytesWritten: written } = socket;
    const awaits = read === before.read && (before.awaits || written !== before.written);
    connections.set(socket, { read, written, awaits });
    if (awaits) yield socket;
  }
}

/** Parses `HOST:PORT`, or a URL with both. */
function parseAddress(address: string): Address {
  const { hostname, port } = new URL(address.includes('://') ? address : `http://${address}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) };
}
