import type { EventSink } from '../events/index.ts';
import type { ScriptSwagger } from '../python/index.ts';
import { answerGunicornError, answerMessage } from './error-answers.ts';
import { refusalOf } from './gunicorn-checks.ts';
import { pushIdentity } from './identity-fields.ts';
import type { RequestContext } from './request-context.ts';
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
 * The routes of the scoring server with an entry script (docs/reference/azureml.md#routes): first gunicorn's limits,
 * then the application's own 404 and 405, then the service's answers, which carry the ids.
 */
export async function answerScript(
  context: RequestContext,
  source: ScoringSource,
  events: EventSink,
): Promise<void> {
  const { method, target, fields } = context;
  const refusal = refusalOf(context);
  if (refusal) return answerGunicornError(context, refusal);
  context.id = fields.requestId?.slice(0, 100) ?? '';
  const methods = ROUTES.get(target.path);
  if (!methods) return answerMessage(context, 404, NOT_FOUND);
  if (!methods[method]) return answerMessage(context, 405, WRONG_METHOD);
  if (fields.upgrade !== undefined && isWebSocket(context))
    return answerMessage(context, 400, NOT_UNDERSTOOD);

  // The server of 2021 has no such limit (docs/reference/azureml.md#releases).
  const ids =
    context.service.dialect === '2021' ? assignIds(fields, Number.POSITIVE_INFINITY) : assignIds(fields);
  context.id = ids.requestId;
  if (fields.msRequestId) warnOfDeprecatedId(events, ids);
  if (ids.refusal !== undefined) return answerMessage(context, 431, ids.refusal, ids);
  if (target.path === '/score') return answerScore(context, ids, source, events);
  if (method === 'OPTIONS') return answerOptions(context, ids);
  const { pool } = context.serving;
  if (!pool) return answerNoPool(context, ids, source);
  if (target.path === '/') return answerHealth(context, ids);
  return answerSwagger(context, ids, pool.swagger);
}

function isWebSocket({ request, fields }: RequestContext): boolean {
  const wants = request.headers.connection?.toLowerCase().includes('upgrade') ?? false;
  return wants && fields.upgrade?.toLowerCase() === 'websocket';
}

function answerHealth(context: RequestContext, ids: RequestIds): void {
  const headers = ['Content-Type', 'text/html; charset=utf-8', 'Content-Length', '7'];
  pushIdentity(headers, context, ids);
  context.answer.send(200, headers, 'Healthy');
}

function answerOptions(context: RequestContext, ids: RequestIds): void {
  const headers = ['Content-Type', 'text/html; charset=utf-8', 'Allow', 'HEAD, GET, OPTIONS'];
  pushIdentity(headers, context, ids);
  headers.push('Content-Length', '0');
  context.answer.send(200, headers, '');
}

function answerSwagger(context: RequestContext, ids: RequestIds, script: ScriptSwagger): void {
  const found = findSwagger(new URLSearchParams(context.target.query).get('version') ?? '2', script);
  if (found.kind === 'unknown') {
    answerMessage(context, 404, found.message, ids);
    return;
  }
  const { document } = found;
  const headers = [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(document.length),
    'x-ms-run-function-failed',
    'False',
  ];
  pushIdentity(headers, context, ids);
  context.answer.send(200, headers, document);
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
