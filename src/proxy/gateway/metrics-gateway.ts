import { createServer } from 'node:http';
import { DrainingServer } from '../../base/index.ts';
import type { EngineEndpoints } from '../endpoints.ts';
import { answerMalformed } from '../malformed-request.ts';
import { forward } from './forward.ts';
import { answerGatewayError } from './gateway-error.ts';
import { Upstream } from './upstream.ts';

/** A listener that passes requests on to metrics behind TLS, a key or a path of their own. */
export class MetricsGateway implements AsyncDisposable {
  readonly #server: DrainingServer;
  #upstream: Upstream | undefined;

  constructor() {
    const server = createServer(async (request, response) => {
      this.#server.track(request, response);
      const upstream = this.#upstream;
      if (upstream && (await forward(upstream, request, response)) === 'answered') return;
      answerGatewayError(response, 503, 'the metrics of the engine do not answer');
    });
    server.on('clientError', answerMalformed);
    this.#server = new DrainingServer(server, { drainMs: 0 });
  }

  /** @throws PORT_TAKEN, PORT_REFUSED */
  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#server.listen(host, port, purpose);
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
    await this.#server.close();
    this.#upstream?.destroy();
  }
}
