import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { DrainingServer, type SideListener } from '../../base/index.ts';
import { pathOf } from '../../kserve/index.ts';
import { answer, answerEmpty, answerError } from '../http/answer.ts';
import { answerRefused } from '../http/refused-request.ts';

const TEXT = 'text/plain; charset=utf-8';
const DRAIN_MS = 1_000;
const MAX_CONNECTIONS = 1_024;

/**
 * Triton's metrics service: `/metrics` has the document, every other path an empty answer. The format is the same
 * whatever the client accepts.
 */
export class MetricsListener implements SideListener, AsyncDisposable {
  readonly #render: () => string;
  readonly #server: DrainingServer;

  constructor(render: () => string) {
    this.#render = render;
    const server = createServer({ requireHostHeader: false }, (request, response) =>
      this.#answer(request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.on('clientError', (error, socket) => answerRefused(error, socket as Socket));
    this.#server = new DrainingServer(server, { drainMs: DRAIN_MS });
  }

  listen(host: string, port: number, purpose: string): Promise<number> {
    return this.#server.listen(host, port, purpose);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#server.track(request, response);
    request.resume();
    if (request.method !== 'GET') answerError(response, 405, 'Method Not Allowed', 'text/plain');
    else if (/^\/metrics\/?$/.test(pathOf(request.url ?? ''))) answer(response, 200, TEXT, this.#render());
    else answerEmpty(response, 200, TEXT);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
