import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { type LivenessLimits, LivenessWatch } from '../liveness.ts';
import { probe } from '../probe.ts';

/** A request as it is forwarded to a deployment. */
export interface ForwardedRequest {
  /** Path and query as received. */
  readonly target: string;
  /** Alternating names and values. */
  readonly fields: readonly string[];
  readonly body: Readable | Buffer | null;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
}

/** Connections and requests to one deployment. */
interface Upstream {
  inFlight: number;
  readonly sockets: Set<Socket>;
  readonly watch: LivenessWatch;
}

type OnResponse = (error: Error | null, response: Dispatcher.ResponseData) => void;

const CONNECT_LIMIT_MS = 5_000;
const MAX_CONNECTIONS = 256;

/** Sends requests to deployments, each exactly once, and ends those to a deployment that hangs. */
export class DeploymentAgent {
  readonly #agent: Agent;
  readonly #limits: LivenessLimits | undefined;
  /** Keyed by origin. */
  readonly #upstreams = new Map<string, Upstream>();

  constructor(limits?: LivenessLimits) {
    this.#limits = limits;
    const connect = buildConnector({ timeout: CONNECT_LIMIT_MS });
    this.#agent = new Agent({
      connections: MAX_CONNECTIONS,
      // One connection per request: no request meets the end of an idle connection, and a deployment notices at once
      // when a request that it answered early, for example because of a timeout, needs no result any more.
      pipelining: 0,
      // A script may compute for as long as its deployment allows; the watch tells computing from hanging.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) =>
        connect(options, (...result) => {
          const [, socket] = result;
          if (socket) this.#track(`http://${options.hostname}:${options.port}`, socket);
          callback(...result);
        }),
    });
  }

  /** Sends `request` to the deployment at `origin`; the body of the response must be read or destroyed. */
  send(
    origin: string,
    method: Dispatcher.HttpMethod,
    request: ForwardedRequest,
    onResponse: OnResponse,
  ): void {
    const upstream = this.#upstreamAt(origin);
    upstream.inFlight += 1;
    const { target: path, fields, body, signal } = request;
    const options = { origin, path, method, headers: [...fields], body, signal };
    this.#agent.request(options, (error, response) => {
      if (error) upstream.inFlight -= 1;
      else
        response.body.once('close', () => {
          upstream.inFlight -= 1;
        });
      onResponse(error, response);
    });
  }

  #upstreamAt(origin: string): Upstream {
    const known = this.#upstreams.get(origin);
    if (known) return known;
    const upstream: Upstream = {
      inFlight: 0,
      sockets: new Set(),
      watch: new LivenessWatch({
        inUse: () => (upstream.inFlight > 0 ? upstream.sockets : []),
        // A deployment answers a request for its root at once, without a key.
        probe: (signal) => probe(new URL(origin), { signal }),
        limits: this.#limits,
      }),
    };
    this.#upstreams.set(origin, upstream);
    return upstream;
  }

  #track(origin: string, socket: Socket): void {
    const upstream = this.#upstreamAt(origin);
    upstream.sockets.add(socket);
    socket.once('close', () => {
      upstream.sockets.delete(socket);
      if (upstream.sockets.size > 0 || upstream.inFlight > 0) return;
      upstream.watch.close();
      this.#upstreams.delete(origin);
    });
  }

  async destroy(): Promise<void> {
    for (const { watch } of this.#upstreams.values()) watch.close();
    await this.#agent.destroy();
  }
}
