import http from 'node:http';
import https from 'node:https';
import type { EngineEndpoints } from '../engine.ts';

/** Connections to the engine at a time; requests beyond wait for one. */
const MAX_CONNECTIONS = 512;
export const MAX_HEADER_BYTES = 65_536;

/** Where requests go now. Each engine process has its own connections: none outlives the engine it leads to. */
export class Upstream {
  readonly #url: URL;
  readonly #basePath: string;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #headers: readonly string[];
  readonly #overruled: ReadonlySet<string>;

  constructor({ http: base, headers = {} }: EngineEndpoints) {
    this.#url = new URL(base);
    this.#basePath = this.#url.pathname.replace(/\/+$/, '');
    const secure = this.#url.protocol === 'https:';
    const options = { keepAlive: true, maxSockets: MAX_CONNECTIONS, scheduling: 'lifo' } as const;
    this.#agent = secure ? new https.Agent(options) : new http.Agent(options);
    this.#request = secure ? https.request : http.request;
    this.#headers = ['Host', this.#url.host, ...Object.entries(headers).flat()];
    this.#overruled = new Set(['host', ...Object.keys(headers).map((name) => name.toLowerCase())]);
  }

  /** Opens a request with the caller's headers as they were written; its body is still to be sent. */
  open(method: string, target: string, callerHeaders: readonly string[]): http.ClientRequest {
    const headers = [...this.#headers];
    for (let index = 0; index + 1 < callerHeaders.length; index += 2) {
      const name = callerHeaders[index] ?? '';
      if (!this.#overruled.has(name.toLowerCase())) headers.push(name, callerHeaders[index + 1] ?? '');
    }
    return this.#request({
      protocol: this.#url.protocol,
      hostname: this.#url.hostname.replace(/^\[|\]$/g, ''),
      port: this.#url.port,
      agent: this.#agent,
      method,
      path: this.#basePath + target,
      headers,
      maxHeaderSize: MAX_HEADER_BYTES,
      setDefaultHeaders: false,
    } as http.RequestOptions);
  }

  /** Ends idle connections now and those in use after their answers: an engine that stops waits for them. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets)) {
      for (const socket of [...(sockets ?? [])]) socket.destroy();
    }
  }

  /** Ends every connection, those in use as well. */
  destroy(): void {
    this.#agent.destroy();
  }
}
