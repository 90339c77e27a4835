import type { RequestListener } from 'node:http';
import { passToEngine } from './engine-pass.ts';
import type { Exchange } from './exchange.ts';

/**
 * The routes without an entry script: Triton's protocol as the engine speaks it, also under the path that an
 * endpoint on Kubernetes has (docs/reference/azureml.md#triton-without-code-in-v2), and the health probe of the
 * platform.
 */
export async function answerNoCode(exchange: Exchange, engine: RequestListener): Promise<void> {
  const { method } = exchange;
  exchange.id = exchange.fields.requestId?.slice(0, 100) ?? '';
  const path = exchange.target.path.replace(/^\/api\/v1\/service\/[^/]+(?=\/|$)/, '') || '/';
  if (path === '/') {
    if (method === 'GET' || method === 'HEAD') return answerHealth(exchange);
  } else if (path === '/v2' || path.startsWith('/v2/')) {
    return passToEngine(exchange, rawPath(exchange), engine);
  }
  answerNotFound(exchange);
}

/** The part of the target that is the engine's, as it was encoded. */
function rawPath(exchange: Exchange): string {
  const raw = exchange.request.url ?? '/';
  const end = raw.search(/[?#]/);
  const merged = (end < 0 ? raw : raw.slice(0, end))
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/\/{2,}/g, '/');
  return merged.replace(/^\/api\/v1\/service\/[^/]+(?=\/)/, '');
}

function answerHealth(exchange: Exchange): void {
  exchange.answer(200, ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', '7'], 'Healthy');
}

/** Triton's own answer to a path it does not know (docs/reference/triton.md#transport-and-routing). */
function answerNotFound(exchange: Exchange): void {
  const body = '{"error":"Not Found"}';
  exchange.answer(404, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)], body);
}
