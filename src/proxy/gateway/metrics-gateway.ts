import { createServer, type Server } from 'node:http';
import { listen } from '../../base/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { pass } from './forward.ts';
import { answerGatewayError } from './gateway-error.ts';
import { Upstream } from './upstream.ts';

/** A listener that passes requests on to metrics behind TLS, a key or a path of their own. */
export class MetricsGateway implements AsyncDisposable {
  readonly #server: Server;
  #upstream: Upstream | undefined;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const upstream = this.#upstream;
      if (upstream && (await pass(upstream, request, response)) === 'answered') return;
      answerGatewayError(response, 503, 'the metrics of the engine do not answer');
    });
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return listen(this.#server, host, port, purpose);
  }

  /** From now on requests for `/metrics` go there; with none, they are answered 503. */
  switchTo(endpoints: EngineEndpoints | undefined): void {
    this.#upstream?.retire();
    const { metrics } = endpoints ?? {};
    this.#upstream =
      endpoints && metrics !== undefined
        ? new Upstream({ ...endpoints, http: metrics.replace(/\/metrics$/, '') })
        : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    this.#upstream?.destroy();
    await closed;
  }
}
