import { messageOf, systemError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import type { ScoreOutcome } from '../python/index.ts';
import { answerGunicornError, answerMessage, answerTooLarge, pushIdentity } from './answers.ts';
import type { Exchange } from './exchange.ts';
import { readBody } from './request-body.ts';
import type { RequestIds } from './request-ids.ts';
import type { ScoringSource } from './scoring-options.ts';

type Reply = Extract<ScoreOutcome, { kind: 'reply' }>;

/** The message of every failure that is not the script's own (azureml.md 1.7). */
export const INTERNAL_ERROR = 'An unexpected internal error occurred. Check the logs for more info.';

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
  if (body === 'too-large') return answerTooLarge(exchange, ids);
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
    else answerGunicornError(exchange, 500, 'Internal Server Error', '');
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
  const headers: string[] = [];
  let contentType: string | undefined;
  for (const [name, value] of reply.headers) {
    const lower = name.toLowerCase();
    if (contentType === undefined && lower === 'content-type') {
      contentType = value;
      headers.push('Content-Type', value);
      pushLength(headers, exchange, reply);
    } else if (isForwarded(lower, reply.status, ids)) headers.push(name, value);
  }
  if (contentType === undefined) pushLength(headers, exchange, reply);
  if (reply.runReturned) headers.push('x-ms-run-fn-exec-ms', reply.runMs.toFixed(3));
  pushIdentity(headers, exchange, ids);
  if (reply.body instanceof Uint8Array) exchange.answer(reply.status, headers, reply.body);
  else await exchange.stream(reply.status, headers, reply.body);
}

/** What follows the content type on the wire. */
function pushLength(headers: string[], exchange: Exchange, reply: Reply): void {
  const { runFunctionFailed } = reply;
  const length = lengthOf(exchange, reply);
  if (length !== undefined) headers.push('Content-Length', length);
  if (runFunctionFailed !== undefined)
    headers.push('x-ms-run-function-failed', runFunctionFailed ? 'True' : 'False');
}

/** The length to tell, if any. A reply to HEAD has no body and tells the length that it would have had. */
function lengthOf({ method }: Exchange, { status, headers, body }: Reply): string | undefined {
  if (!(body instanceof Uint8Array) || status === 204 || status === 304) return undefined;
  if (method !== 'HEAD' || body.byteLength > 0) return String(body.byteLength);
  return headers.find(([name, value]) => name.toLowerCase() === 'content-length' && /^\d+$/.test(value))?.[1];
}

/**
 * Whether a header that the script set is sent. gunicorn keeps those of the connection to itself, the id headers
 * are the server's (azureml.md 0.3), and at 500 and above so is `x-ms-run-function-failed`.
 */
function isForwarded(lower: string, status: number, ids: RequestIds): boolean {
  switch (lower) {
    case 'connection':
    case 'content-length':
    case 'date':
    case 'keep-alive':
    case 'proxy-authenticate':
    case 'proxy-authorization':
    case 'server':
    case 'te':
    case 'trailers':
    case 'transfer-encoding':
    case 'upgrade':
      return false;
    case 'x-request-id':
      return ids.requestId === '';
    case 'x-ms-request-id':
      return ids.msRequestId === '';
    case 'x-ms-client-request-id':
      return ids.msClientRequestId === '';
    case 'x-ms-run-function-failed':
      return status < 500;
    default:
      return true;
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
