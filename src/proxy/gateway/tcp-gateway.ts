import net from 'node:net';
import tls from 'node:tls';
import { DrainingServer, hasErrno } from '../../base/index.ts';
import { connectEvent, limitConnecting } from '../connect-limit.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { type LivenessLimits, LivenessWatch } from '../liveness.ts';
import { probeEngine } from './engine-probe.ts';

/** Triton opens its metrics and gRPC ports a moment after it answers over HTTP. */
const PATIENCE_MS = 3_000;
const RETRY_MS = 50;

/** What passes between a client and the engine, on a connection each. */
export interface Passage {
  /** Whether the client waits for an answer; asked from time to time. */
  awaitsAnswer(): boolean;
}

export interface TcpGatewayOptions {
  readonly service: 'grpc' | 'metrics';
  /** Lets bytes pass from now on; both sockets are connected, and each closes with the other. */
  readonly pass: (client: net.Socket, engine: net.Socket, endpoints: EngineEndpoints) => Passage;
  readonly liveness?: LivenessLimits | undefined;
}

interface Target {
  readonly address: URL;
  readonly endpoints: EngineEndpoints;
  readonly passages: Map<net.Socket, Passage>;
  readonly watch: LivenessWatch;
}

/** A listener in front of an engine's gRPC or metrics port: each client has its own connection to the engine. */
export class TcpGateway implements AsyncDisposable {
  readonly #options: TcpGatewayOptions;
  readonly #server: DrainingServer;
  #target: Target | undefined;

  constructor(options: TcpGatewayOptions) {
    this.#options = options;
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
    const address = endpoints?.[this.#options.service];
    this.#target?.watch.close();
    this.#target = endpoints && address !== undefined ? this.#makeTarget(address, endpoints) : undefined;
  }

  #makeTarget(address: string, endpoints: EngineEndpoints): Target {
    const passages = new Map<net.Socket, Passage>();
    const watch = new LivenessWatch({
      inUse: () => socketsInUse(passages),
      probe: (signal) => probeEngine(endpoints, signal),
      limits: this.#options.liveness,
    });
    return { address: parseAddress(address), endpoints, passages, watch };
  }

  #accept(client: net.Socket): void {
    client.on('error', () => client.destroy());
    const target = this.#target;
    if (!target) {
      client.destroy();
      return;
    }
    this.#connect(client, target, performance.now() + PATIENCE_MS);
  }

  #connect(client: net.Socket, target: Target, until: number): void {
    if (client.destroyed) return;
    const engine = connect(target);
    limitConnecting(engine);
    const giveUp = (error: Error) => {
      if (!hasErrno(error, 'ECONNREFUSED') || performance.now() > until) client.destroy();
      else setTimeout(() => this.#connect(client, target, until), RETRY_MS).unref();
    };
    engine.once('error', giveUp);
    engine.once(connectEvent(engine), () => {
      engine.off('error', giveUp);
      this.#join(client, engine, target);
    });
  }

  #join(client: net.Socket, engine: net.Socket, { passages, endpoints }: Target): void {
    let hasFailed = false;
    engine.on('error', () => {
      hasFailed = true;
    });
    client.once('close', () => engine.destroy());
    engine.once('close', () => {
      passages.delete(engine);
      // What the engine sent last still has to arrive.
      if (hasFailed) client.destroy();
      else client.destroySoon();
    });
    if (client.destroyed) engine.destroy();
    else passages.set(engine, this.#options.pass(client, engine, endpoints));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#target?.watch.close();
    return this.#server.close();
  }
}

function connect({ address, endpoints }: Target): net.Socket {
  const host = address.hostname.replace(/^\[|\]$/g, '');
  const isSecure = /^(?:https|grpcs):$/.test(address.protocol);
  const port = address.port === '' ? (isSecure ? 443 : 80) : Number(address.port);
  const options = { host, port, noDelay: true, allowHalfOpen: true };
  if (!isSecure) return net.connect(options);
  const servername = net.isIP(host) === 0 ? host : '';
  return tls.connect({ ...options, ...endpoints.tls, servername, ALPNProtocols: ['h2'] });
}

function* socketsInUse(passages: Map<net.Socket, Passage>): Generator<net.Socket> {
  for (const [socket, passage] of passages) if (passage.awaitsAnswer()) yield socket;
}

/** Parses `HOST:PORT`, or a URL with both. */
function parseAddress(address: string): URL {
  return new URL(address.includes('://') ? address : `http://${address}`);
}
