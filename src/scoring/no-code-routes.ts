import type { RequestListener } from 'node:http';
import { handOver } from './hand-over.ts';
import type { RequestContext } from './request-context.ts';

/**
 * The routes without an entry script: Triton's protocol, answered by the engine, also under the path of an endpoint on
 * Kubernetes (docs/reference/azureml.md#triton-without-code-in-v2), and the platform's health probe.
 */
export async function answerNoCode(context: RequestContext, engine: RequestListener): Promise<void> {
  const { method } = context;
  context.id = context.fields.requestId?.slice(0, 100) ?? '';
  const path = context.target.path.replace(/^\/api\/v1\/service\/[^/]+(?=\/|$)/, '') || '/';
  if (path === '/') {
    if (method === 'GET' || method === 'HEAD') return answerHealth(context);
  } else if (path === '/v2' || path.startsWith('/v2/')) {
    return handOver(context, rawPath(context) + context.target.query, engine);
  }
  answerNotFound(context);
}

/** Returns the engine's part of the path, with its original percent-encoding. */
function rawPath(context: RequestContext): string {
  const raw = context.request.url ?? '/';
  const end = raw.search(/[?#]/);
  const merged = (end < 0 ? raw : raw.slice(0, end))
    .replace(/^https?:\/\/[^/]*/i, '')
    .replace(/\/{2,}/g, '/');
  return merged.replace(/^\/api\/v1\/service\/[^/]+(?=\/)/, '');
}

function answerHealth(context: RequestContext): void {
  context.answer.send(200, ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', '7'], 'Healthy');
}

/** Triton's answer to an unknown path (docs/reference/triton.md#transport-and-routing). */
function answerNotFound(context: RequestContext): void {
  const body = '{"error":"Not Found"}';
  context.answer.send(404, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)], body);
}
