import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { limitConnecting } from '../connect-limit.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { type LivenessLimits, LivenessWatch } from '../liveness.ts';
import { EnginePool } from './engine-pool.ts';
import { probeEngine } from './engine-probe.ts';

/** Connections to the engine at a time; requests beyond wait for one. */
const MAX_CONNECTIONS = 512;
const CONNECT_LIMIT_MS = 2_000;
/**
 * An idle connection is used again for what must not be sent twice only where its end is not to be expected: Triton
 * keeps idle ones open, many servers wait 5 s.
 */
export const SURELY_OPEN_MS = 1_000;
export const MAX_HEADER_BYTES = 65_536;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Where requests go now. Each engine process has its own connections: none outlives the engine it leads to. */
export class Upstream {
  readonly #url: URL;
  readonly #basePath: string;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #headers: readonly string[];
  readonly #fixedFields: string;
  /** Names of fields, in lower case, whose caller's value gives way to the engine's. */
  readonly overruled: ReadonlySet<string>;
  /** Connections for plain requests; an engine behind TLS has none. */
  readonly pool: EnginePool | undefined;
  readonly #watch: LivenessWatch;

  constructor(endpoints: EngineEndpoints, liveness?: LivenessLimits) {
    const { http: base, headers = {}, tls } = endpoints;
    this.#url = new URL(base);
    this.#basePath = this.#url.pathname.replace(/\/+$/, '');
    const secure = this.#url.protocol === 'https:';
    const options = {
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      scheduling: 'lifo',
      // Ends idle connections only: nothing listens for it on those in use.
      timeout: SURELY_OPEN_MS,
    } as const;
    this.#agent = secure ? new https.Agent({ ...options, ...tls }) : new http.Agent(options);
    this.#request = secure ? https.request : http.request;
    this.#headers = ['Host', this.#url.host, ...Object.entries(headers).flat()];
    this.overruled = new Set(['host', ...Object.keys(headers).map((name) => name.toLowerCase())]);
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

  /** The head of a request as the engine gets it; `fields` are complete lines. */
  head(method: string, target: string, fields: string): string {
    return `${method} ${this.#basePath}${target} HTTP/1.1\r\n${this.#fixedFields}${fields}\r\n`;
  }

  get #hostname(): string {
    return this.#url.hostname.replace(/^\[|\]$/g, '');
  }

  /** Opens a request with the caller's headers as they were written; its body is still to be sent. */
  open(method: string, target: string, callerHeaders: readonly string[]): http.ClientRequest {
    const headers = [...this.#headers];
    for (let index = 0; index + 1 < callerHeaders.length; index += 2) {
      const name = callerHeaders[index] ?? '';
      if (!this.overruled.has(name.toLowerCase())) headers.push(name, callerHeaders[index + 1] ?? '');
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

  /** Whether the engine accepts a connection now. */
  takesConnections(): Promise<boolean> {
    const port = Number(this.#url.port || (this.#url.protocol === 'https:' ? 443 : 80));
    const socket = net.connect({ host: this.#hostname, port, timeout: CONNECT_LIMIT_MS });
    return new Promise((resolve) => {
      const settle = (takes: boolean) => {
        socket.destroy();
        resolve(takes);
      };
      socket.once('connect', () => settle(true));
      socket.once('timeout', () => settle(false));
      socket.once('error', () => settle(false));
    });
  }

  /** Ends idle connections now and those in use after their answers: an engine that stops waits for them. */
  retire(): void {
    this.#watch.retire();
    this.pool?.retire();
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
  }

  /** Ends every connection, those in use as well. */
  destroy(): void {
    this.pool?.destroy();
    this.#agent.destroy();
    this.#watch.retire();
  }
}
