import http from 'node:http';
import https from 'node:https';
import type net from 'node:net';
import { limitConnecting } from '../connect-limit.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { LIVENESS, type LivenessLimits, LivenessWatch } from '../liveness.ts';
import { EnginePool } from './engine-pool.ts';
import { probeEngine } from './engine-probe.ts';

/** Maximum number of connections to the engine; further requests wait for one. */
const MAX_CONNECTIONS = 512;
/**
 * How long an idle connection may have been idle to be reused for a request that must not be sent twice. Triton keeps
 * idle connections open; many servers close them after 5 s.
 */
export const SURELY_OPEN_MS = 1_000;
export const MAX_HEADER_BYTES = 65_536;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The engine that requests go to. Each engine process has its own connections, and none outlives it. */
export class Upstream {
  readonly #endpoints: EngineEndpoints;
  readonly #liveness: LivenessLimits | undefined;
  readonly #url: URL;
  readonly #basePath: string;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #headers: readonly string[];
  readonly #fixedFields: string;
  /** Fields, in lower case, whose value from the client is replaced by the engine's. */
  readonly overridden: ReadonlySet<string>;
  /** Connections for plain requests; undefined for an engine behind TLS. */
  readonly pool: EnginePool | undefined;
  readonly #watch: LivenessWatch;

  constructor(endpoints: EngineEndpoints, liveness?: LivenessLimits) {
    const { http: base, headers = {}, tls } = endpoints;
    this.#endpoints = endpoints;
    this.#liveness = liveness;
    this.#url = new URL(base);
    this.#basePath = this.#url.pathname.replace(/\/+$/, '');
    const secure = this.#url.protocol === 'https:';
    const options = {
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      scheduling: 'lifo',
      // Closes idle connections only: nothing listens for the timeout on those in use.
      timeout: SURELY_OPEN_MS,
    } as const;
    this.#agent = secure ? new https.Agent({ ...options, ...tls }) : new http.Agent(options);
    this.#request = secure ? https.request : http.request;
    this.#headers = ['Host', this.#url.host, ...Object.entries(headers).flat()];
    this.overridden = new Set(['host', ...Object.keys(headers).map((name) => name.toLowerCase())]);
    const fields = Object.entries({ Host: this.#url.host, ...headers });
    this.#fixedFields = fields.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    const isPlain = fields.every(([name, value]) => FIELD_NAME.test(name) && FIELD_VALUE.test(value));
    const address = { host: this.#hostname, port: Number(this.#url.port || 80) };
    this.pool = secure || !isPlain ? undefined : new EnginePool(address, MAX_CONNECTIONS);
    this.#watch = new LivenessWatch({
      inUse: () => this.#socketsInUse(),
      probe: (signal) => probeEngine(endpoints, signal),
      limits: liveness,
    });
  }

  /** The head of a request as sent to the engine; `fields` are complete lines. */
  head(method: string, target: string, fields: string): string {
    return `${method} ${this.#basePath}${target} HTTP/1.1\r\n${this.#fixedFields}${fields}\r\n`;
  }

  get #hostname(): string {
    return this.#url.hostname.replace(/^\[|\]$/g, '');
  }

  /** Opens a request with the client's headers as written; the caller sends the body. */
  open(method: string, target: string, clientHeaders: readonly string[]): http.ClientRequest {
    const headers = [...this.#headers];
    for (let index = 0; index + 1 < clientHeaders.length; index += 2) {
      const name = clientHeaders[index] ?? '';
      if (!this.overridden.has(name.toLowerCase())) headers.push(name, clientHeaders[index + 1] ?? '');
    }
    const request = this.#request({
      protocol: this.#url.protocol,
      hostname: this.#hostname,
      port: this.#url.port,
      agent: this.#agent,
      method,
      path: this.#basePath + target,
      headers,
      maxHeaderSize: MAX_HEADER_BYTES,
      setDefaultHeaders: false,
    } as http.RequestOptions);
    return request.once('socket', limitConnecting);
  }

  *#socketsInUse(): Generator<net.Socket> {
    if (this.pool) yield* this.pool.inUse();
    for (const sockets of Object.values(this.#agent.sockets)) yield* sockets ?? [];
  }

  /** Whether the engine answers a health probe now, whatever its answer. */
  async answers(): Promise<boolean> {
    try {
      await probeEngine(this.#endpoints, AbortSignal.timeout((this.#liveness ?? LIVENESS).probeMs));
      return true;
    } catch {
      return false;
    }
  }

  /** Closes idle connections now, and those in use after their responses: an engine that stops waits for them. */
  close(): void {
    this.#watch.close();
    this.pool?.close();
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
  }

  /** Closes every connection now. */
  destroy(): void {
    this.pool?.destroy();
    this.#agent.destroy();
    this.#watch.close();
  }
}
