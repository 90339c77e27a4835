import { messageOf, systemError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import type { ScoreOutcome } from '../python/index.ts';
import { answerGunicornError, answerMessage, answerUnread, pushIdentity } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { readBody } from './request-body.ts';
import type { RequestIds } from './request-ids.ts';
import type { ScoringSource } from './scoring-options.ts';

type Reply = Extract<ScoreOutcome, { kind: 'reply' }>;

/** The message of every failure that is not the script's own (docs/reference/azureml.md#failures). */
export const INTERNAL_ERROR = 'An unexpected internal error occurred. Check the logs for more info.';

/** werkzeug's words, which name no number. */
const TOO_LARGE = 'The data value transmitted exceeds the capacity limit.';

const TOO_SLOW = 'The request took too long to arrive.';

/** Below are interim answers, after which a caller would wait for the real one. */
const FIRST_FINAL_STATUS = 200;

/**
 * Hands one request to the generation that serves when its body is complete, and answers with what `run()` gave.
 * Where the worker died before it answered, the real server drops the connection; we answer 500 with the message of
 * an internal error and `x-ms-run-function-failed: False`, so that the caller learns something.
 */
export async function answerScore(
  exchange: Exchange,
  ids: RequestIds,
  source: ScoringSource,
  events: EventSink,
): Promise<void> {
  const body = await readBody(exchange);
  if (body === 'aborted') return;
  if (body === 'too-large') return answerUnread(exchange, 413, TOO_LARGE, ids);
  if (body === 'too-slow') return answerUnread(exchange, 408, TOO_SLOW, ids);
  if (body === 'broken') return answerUnread(exchange, 500, INTERNAL_ERROR, ids);
  const pool = source.pool();
  if (!pool) return answerNoPool(exchange, ids, source);
  exchange.standing = { generation: pool.generation, stale: source.state().stale };

  const caller = exchange.connection.signal;
  try {
    const request = {
      id: ids.requestId,
      method: exchange.method,
      target: `/score${exchange.target.query}`,
      headers: headerPairs(exchange.request.rawHeaders),
      body,
    };
    source.onScore(request);
    const outcome = await pool.score(request, caller);
    if (caller.aborted) {
      if (outcome.kind === 'reply' && !(outcome.body instanceof Uint8Array)) outcome.body.destroy();
      return;
    }
    exchange.times = outcome;
    if (outcome.kind === 'reply') await answerReply(exchange, ids, outcome);
    else if (outcome.kind === 'lost') answerMessage(exchange, 500, INTERNAL_ERROR, ids);
    else answerGunicornError(exchange, { status: 500, reason: 'Internal Server Error', text: '' });
  } catch (error) {
    if (caller.aborted) return;
    const text = `a scoring request could not be answered: ${messageOf(error)}`;
    events.emit({ type: 'log.line', source: 'emulator', level: 'error', text, requestId: ids.requestId });
    if (!exchange.answered) answerMessage(exchange, 500, INTERNAL_ERROR, ids);
  }
}

/** The script has not come up yet, or its first `init()` failed: 503 with the reason, which names file and line. */
export function answerNoPool(exchange: Exchange, ids: RequestIds, source: ScoringSource): void {
  const reason = source.failure();
  answerMessage(
    exchange,
    503,
    reason ? `The entry script is not serving: ${reason}` : 'The entry script is starting.',
    ids,
  );
}

async function answerReply(exchange: Exchange, ids: RequestIds, reply: Reply): Promise<void> {
  if (reply.status < FIRST_FINAL_STATUS)
    throw systemError('SCORING_BAD_STATUS', `the script answered with status ${reply.status}`);
  const headers =
    reply.runFunctionFailed === undefined ? madeHeaders(exchange, ids, reply) : plainHeaders(reply);
  pushIdentity(headers, exchange, ids);
  const { status, body } = reply;
  if (!(body instanceof Uint8Array)) return exchange.stream(status, headers, body);
  // As on the real server, a length that nobody told comes last.
  if (!headers.includes('Content-Length') && exchange.method !== 'HEAD' && status !== 204 && status !== 304)
    headers.push('Content-Length', String(body.byteLength));
  exchange.answer(status, headers, body);
}

/** The headers of an output that is no HTTP response. */
function plainHeaders({ headers, body, runFunctionFailed, runReturned, runMs }: Reply): string[] {
  const length = String((body as Uint8Array).byteLength);
  const failed = runFunctionFailed ? 'True' : 'False';
  const flat = [...headers.flat(), 'Content-Length', length, 'x-ms-run-function-failed', failed];
  if (runReturned) flat.push('x-ms-run-fn-exec-ms', runMs.toFixed(3));
  return flat;
}

/**
 * The headers of an HTTP response that the script made, in its order. The id headers are the server's
 * (docs/reference/azureml.md#measured), and the length is that of the body; a reply to HEAD has no body and tells the
 * length that it would have had.
 */
function madeHeaders(exchange: Exchange, ids: RequestIds, { headers, status, body }: Reply): string[] {
  const flat: string[] = [];
  let hasLength = false;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'content-length') {
      if (hasLength || status === 204 || !(body instanceof Uint8Array)) continue;
      hasLength = true;
      flat.push(
        'Content-Length',
        exchange.method === 'HEAD' || status === 304 ? value : String(body.byteLength),
      );
    } else if (!isServersOwn(lower, ids)) flat.push(name, value);
  }
  return flat;
}

function isServersOwn(lower: string, ids: RequestIds): boolean {
  switch (lower) {
    case 'x-request-id':
      return ids.requestId !== '';
    case 'x-ms-request-id':
      return ids.msRequestId !== '';
    case 'x-ms-client-request-id':
      return ids.msClientRequestId !== '';
    default:
      return false;
  }
}

/** Pairs as they came. Names with an underscore are left out: gunicorn drops them, for WSGI cannot tell them apart. */
function headerPairs(raw: readonly string[]): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!name.includes('_')) pairs.push([name, raw[index + 1] ?? '']);
  }
  return pairs;
}
