import type { Socket } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { type LivenessLimits, LivenessWatch } from '../liveness.ts';
import { probe } from '../probe.ts';

/** A request on its way to a deployment: what the caller sent, as far as it is passed on. */
export interface ForwardedRequest {
  /** Path and query as they came. */
  readonly target: string;
  /** Names and values in turns. */
  readonly fields: readonly string[];
  readonly body: Dispatcher.DispatchOptions['body'];
  /** Aborts when the caller has left. */
  readonly signal: AbortSignal;
}

/** Connections and requests to one deployment. */
interface Upstream {
  inFlight: number;
  readonly sockets: Set<Socket>;
  readonly watch: LivenessWatch;
}

type Answered = (error: Error | null, answer: Dispatcher.ResponseData) => void;

const CONNECT_LIMIT_MS = 5_000;
const MAX_CONNECTIONS = 256;

/** Sends requests to deployments, once each, and ends those to a deployment that hangs. */
export class DeploymentAgent {
  readonly #agent: Agent;
  readonly #limits: LivenessLimits | undefined;
  /** By origin. */
  readonly #upstreams = new Map<string, Upstream>();

  constructor(limits?: LivenessLimits) {
    this.#limits = limits;
    const connect = buildConnector({ timeout: CONNECT_LIMIT_MS });
    this.#agent = new Agent({
      connections: MAX_CONNECTIONS,
      // A connection for each request: none meets the end of an idle one, and a deployment notices at once that a
      // request which it answered early, as late for example, needs no result any more.
      pipelining: 0,
      // A script may compute as long as its deployment lets it; the watch tells that from hanging.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) =>
        connect(options, (...result) => {
          const [, socket] = result;
          if (socket) this.#note(`http://${options.hostname}:${options.port}`, socket);
          callback(...result);
        }),
    });
  }

  /** Sends `request` to the deployment at `origin` and hands over its answer, whose body must be read or destroyed. */
  send(origin: string, method: Dispatcher.HttpMethod, request: ForwardedRequest, answered: Answered): void {
    const upstream = this.#upstreamAt(origin);
    upstream.inFlight += 1;
    const { target: path, fields, body, signal } = request;
    const options = { origin, path, method, headers: [...fields], body: body ?? null, signal };
    this.#agent.request(options, (error, answer) => {
      if (error) upstream.inFlight -= 1;
      else
        answer.body.once('close', () => {
          upstream.inFlight -= 1;
        });
      answered(error, answer);
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
        // A deployment answers its root at once, and without a key.
        probe: (signal) => probe(new URL(origin), { signal }),
        limits: this.#limits,
      }),
    };
    this.#upstreams.set(origin, upstream);
    return upstream;
  }

  #note(origin: string, socket: Socket): void {
    const upstream = this.#upstreamAt(origin);
    upstream.sockets.add(socket);
    socket.once('close', () => {
      upstream.sockets.delete(socket);
      if (upstream.sockets.size > 0 || upstream.inFlight > 0) return;
      upstream.watch.retire();
      this.#upstreams.delete(origin);
    });
  }

  async destroy(): Promise<void> {
    for (const { watch } of this.#upstreams.values()) watch.retire();
    await this.#agent.destroy();
  }
}
