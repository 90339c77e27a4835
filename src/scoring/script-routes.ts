import type { EventSink } from '../events/index.ts';
import type { ScriptSwagger } from '../python/index.ts';
import { answerGunicornError, answerMessage, jsonHeaders, pushIdentity } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { refusalOf } from './gunicorn-checks.ts';
import { assignIds, type RequestIds } from './request-ids.ts';
import { answerNoPool, answerScore } from './score-route.ts';
import type { ScoringSource } from './scoring-options.ts';
import { findSwagger } from './swagger.ts';

const NOT_FOUND =
  'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.';
const WRONG_METHOD = 'The method is not allowed for the requested URL.';
const NOT_UNDERSTOOD = 'The browser (or proxy) sent a request that this server could not understand.';

type Methods = Readonly<Record<string, true>>;
const READ: Methods = { GET: true, HEAD: true, OPTIONS: true };
const ROUTES: ReadonlyMap<string, Methods> = new Map([
  ['/', READ],
  ['/score', { ...READ, POST: true }],
  ['/swagger.json', READ],
]);

/**
 * The routes of the scoring server with an entry script (docs/reference/azureml.md#routes): what comes before the
 * application (gunicorn's limits), the application's own 404 and 405, then the service's answers, which carry the ids.
 */
export async function answerScript(
  exchange: Exchange,
  source: ScoringSource,
  events: EventSink,
): Promise<void> {
  const { method, target, fields } = exchange;
  const refusal = refusalOf(exchange);
  if (refusal) return answerGunicornError(exchange, refusal);
  exchange.id = fields.requestId?.slice(0, 100) ?? '';
  const methods = ROUTES.get(target.path);
  if (!methods) return answerMessage(exchange, 404, NOT_FOUND);
  if (!methods[method]) return answerMessage(exchange, 405, WRONG_METHOD);
  if (fields.upgrade !== undefined && isWebSocket(exchange))
    return answerMessage(exchange, 400, NOT_UNDERSTOOD);

  // The limit came later than 2021 (docs/reference/azureml.md#releases).
  const ids =
    exchange.service.dialect === '2021' ? assignIds(fields, Number.POSITIVE_INFINITY) : assignIds(fields);
  exchange.id = ids.requestId;
  if (fields.msRequestId) warnOfDeprecatedId(events, ids);
  if (ids.refusal !== undefined) return answerMessage(exchange, 431, ids.refusal, ids);
  if (target.path === '/score') return answerScore(exchange, ids, source, events);
  if (method === 'OPTIONS') return answerOptions(exchange, ids);
  const pool = source.pool();
  if (!pool) return answerNoPool(exchange, ids, source);
  if (target.path === '/') return answerHealth(exchange, ids);
  return answerSwagger(exchange, ids, pool.swagger);
}

function isWebSocket({ request, fields }: Exchange): boolean {
  const wants = request.headers.connection?.toLowerCase().includes('upgrade') ?? false;
  return wants && fields.upgrade?.toLowerCase() === 'websocket';
}

function answerHealth(exchange: Exchange, ids: RequestIds): void {
  const headers = ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', '7'];
  pushIdentity(headers, exchange, ids);
  exchange.answer(200, headers, 'Healthy');
}

function answerOptions(exchange: Exchange, ids: RequestIds): void {
  const headers = ['Content-Type', 'text/html; charset=utf-8', 'Allow', 'HEAD, GET, OPTIONS'];
  pushIdentity(headers, exchange, ids);
  headers.push('Content-Length', '0');
  exchange.answer(200, headers, '');
}

function answerSwagger(exchange: Exchange, ids: RequestIds, script: ScriptSwagger): void {
  const found = findSwagger(new URLSearchParams(exchange.target.query).get('version') ?? '2', script);
  if (found.kind === 'unknown') {
    answerMessage(exchange, 404, found.message, ids);
    return;
  }
  const headers = jsonHeaders(found.document);
  headers.push('x-ms-run-function-failed', 'False');
  pushIdentity(headers, exchange, ids);
  exchange.answer(200, headers, found.document);
}

function warnOfDeprecatedId(events: EventSink, ids: RequestIds): void {
  events.emit({
    type: 'log.line',
    source: 'emulator',
    level: 'warning',
    text: 'x-ms-request-id header has been deprecated and will be removed from future versions of the server. Please use x-ms-client-request-id.',
    requestId: ids.requestId,
  });
}
