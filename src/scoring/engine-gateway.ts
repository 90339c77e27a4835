import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, type Dispatcher } from 'undici';
import { endToEndFields, messageOf } from '../base/index.ts';
import { asciiJson } from './answers.ts';
import type { Exchange } from './exchange.ts';

/** Connections to the engine at a time; requests beyond wait for one. */
const MAX_CONNECTIONS = 128;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The way from the scoring port to the engine in no-code mode. Bodies stream both ways and are never held whole or
 * looked into: compressed and binary ones arrive as they were sent.
 */
export class EngineGateway implements AsyncDisposable {
  readonly #origin: string;
  readonly #basePath: string;
  readonly #agent: Agent;
  /** Keys of this service are not the engine's business. */
  readonly #hideAuthorization: boolean;
  #closed: Promise<void> | undefined;

  constructor(engineUrl: string, hideAuthorization: boolean) {
    const url = new URL(engineUrl);
    this.#origin = url.origin;
    this.#basePath = url.pathname.replace(/\/+$/, '');
    this.#hideAuthorization = hideAuthorization;
    // No limit on the time an answer takes: a model may compute for long, and the caller's own limit ends the wait.
    this.#agent = new Agent({
      connections: MAX_CONNECTIONS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Passes a request on to `path` and its answer back. A caller who leaves ends the engine's work, too. */
  async pass(exchange: Exchange, path: string): Promise<void> {
    const { request, response } = exchange;
    const caller = exchange.connection.signal;
    try {
      const answer = await this.#agent.request({
        origin: this.#origin,
        path: this.#basePath + path + exchange.target.query,
        method: exchange.method as Dispatcher.HttpMethod,
        headers: this.#requestHeaders(request.rawHeaders),
        body: bodyOf(exchange),
        signal: caller,
        responseHeaders: 'raw',
      });
      const headers = endToEndFields(answer.headers as unknown as readonly string[]);
      if (exchange.begin(answer.statusCode, headers, answer.statusText))
        await pipeline(answer.body, response);
      else answer.body.destroy();
    } catch (error) {
      if (caller.aborted) return;
      if (exchange.answered) response.destroy();
      else answerBadGateway(exchange, error);
    } finally {
      // What the engine did not read of the body is thrown away, so that the connection can be used again.
      request.unpipe();
      request.resume();
    }
  }

  #requestHeaders(raw: readonly string[]): string[] {
    const headers = endToEndFields(raw);
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      const name = headers[index]?.toLowerCase();
      if (name === 'host' || (name === 'authorization' && this.#hideAuthorization)) headers.splice(index, 2);
    }
    return headers;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#agent.destroy();
    return this.#closed;
  }
}

/** The body behind a stream of its own: undici destroys what it sends when the answer comes before the end of it. */
function bodyOf(exchange: Exchange): PassThrough | null {
  const { request } = exchange;
  if (!exchange.bringsBody) return null;
  exchange.wantBody();
  const body = new PassThrough();
  request.on('close', () => {
    if (!request.complete) body.destroy(new Error('the caller left'));
  });
  return request.pipe(body);
}

/** 502 in the form of the protocol's errors, which Triton's clients can read. */
function answerBadGateway(exchange: Exchange, error: unknown): void {
  const body = `{"error":${asciiJson(`the engine does not answer: ${messageOf(error)}`)}}`;
  exchange.answer(502, ['Content-Type', 'application/json', 'Content-Length', String(body.length)], body);
}
