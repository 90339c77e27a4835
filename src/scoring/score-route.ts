import { messageOf, systemError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import type { ScoreOutcome } from '../python/index.ts';
import { answerGunicornError, answerMessage, answerUnread } from './error-answers.ts';
import { pushIdentity } from './identity-fields.ts';
import { readBody } from './request-body.ts';
import type { RequestContext } from './request-context.ts';
import type { RequestIds } from './request-ids.ts';
import type { ScoringSource } from './scoring-options.ts';

type Reply = Extract<ScoreOutcome, { kind: 'reply' }>;

/** The message of every failure that the script did not cause (docs/reference/azureml.md#failures). */
export const INTERNAL_ERROR = 'An unexpected internal error occurred. Check the logs for more info.';

/** werkzeug's text, which names no limit. */
const TOO_LARGE = 'The data value transmitted exceeds the capacity limit.';

const TOO_SLOW = 'The request took too long to arrive.';

/** Lower numbers are interim answers, after which a caller waits for the final one. */
const FIRST_FINAL_STATUS = 200;

/**
 * Queues a request, once its body is complete, for the generation that serves then, and answers with the result of
 * `run()`. If the worker dies before it answers, the real server drops the connection; we answer 500 with the message
 * of an internal error and `x-ms-run-function-failed: False`, so that the caller has something to go by.
 */
export async function answerScore(
  context: RequestContext,
  ids: RequestIds,
  source: ScoringSource,
  events: EventSink,
): Promise<void> {
  const body = await readBody(context);
  if (body === 'aborted') return;
  if (body === 'too-large') return answerUnread(context, 413, TOO_LARGE, ids);
  if (body === 'too-slow') return answerUnread(context, 408, TOO_SLOW, ids);
  if (body === 'broken') return answerUnread(context, 500, INTERNAL_ERROR, ids);
  const { pool } = context.serving;
  if (!pool) return answerNoPool(context, ids, source);

  const caller = context.connection.signal;
  try {
    const request = {
      id: ids.requestId,
      method: context.method,
      target: `/score${context.target.query}`,
      headers: headerPairs(context.request.rawHeaders),
      body,
    };
    source.onScore(request);
    const outcome = await pool.score(request, caller);
    if (caller.aborted) {
      if (outcome.kind === 'reply' && !(outcome.body instanceof Uint8Array)) outcome.body.destroy();
      return;
    }
    context.timings = outcome;
    if (outcome.kind === 'reply') await answerReply(context, ids, outcome);
    else if (outcome.kind === 'lost') answerMessage(context, 500, INTERNAL_ERROR, ids);
    else answerGunicornError(context, { status: 500, reason: 'Internal Server Error', text: '' });
  } catch (error) {
    if (caller.aborted) return;
    const text = `a scoring request could not be answered: ${messageOf(error)}`;
    events.emit({ type: 'log.line', source: 'emulator', level: 'error', text, requestId: ids.requestId });
    if (!context.answer.isBegun) answerMessage(context, 500, INTERNAL_ERROR, ids);
  }
}

/**
 * The script is still starting, or its first `init()` failed: answers 503 with the reason, which names file and line.
 */
export function answerNoPool(context: RequestContext, ids: RequestIds, source: ScoringSource): void {
  const reason = source.failure();
  answerMessage(
    context,
    503,
    reason ? `The entry script is not serving: ${reason}` : 'The entry script is starting.',
    ids,
  );
}

async function answerReply(context: RequestContext, ids: RequestIds, reply: Reply): Promise<void> {
  if (reply.status < FIRST_FINAL_STATUS)
    throw systemError('SCORING_BAD_STATUS', `the script answered with status ${reply.status}`);
  const headers =
    reply.runFunctionFailed === undefined ? responseHeaders(context, ids, reply) : plainHeaders(reply);
  pushIdentity(headers, context, ids);
  const { status, body } = reply;
  if (!(body instanceof Uint8Array)) return context.answer.stream(status, headers, body);
  // As on the real server, a length that the script did not set comes last.
  if (!headers.includes('Content-Length') && context.method !== 'HEAD' && status !== 204 && status !== 304)
    headers.push('Content-Length', String(body.byteLength));
  context.answer.send(status, headers, body);
}

/** The headers of an output that is not an HTTP response. */
function plainHeaders({ headers, body, runFunctionFailed, runReturned, runMs }: Reply): string[] {
  const length = String((body as Uint8Array).byteLength);
  const failed = runFunctionFailed ? 'True' : 'False';
  const flat = [...headers.flat(), 'Content-Length', length, 'x-ms-run-function-failed', failed];
  if (runReturned) flat.push('x-ms-run-fn-exec-ms', runMs.toFixed(3));
  return flat;
}

/**
 * The headers of an HTTP response that the script made, in the script's order. The server sets the id headers
 * (docs/reference/azureml.md#measured) and the length of the body; a reply to HEAD keeps the length that its body would
 * have.
 */
function responseHeaders(
  context: RequestContext,
  ids: RequestIds,
  { headers, status, body }: Reply,
): string[] {
  const flat: string[] = [];
  let hasLength = false;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (lower === 'content-length') {
      if (hasLength || status === 204 || !(body instanceof Uint8Array)) continue;
      hasLength = true;
      flat.push(
        'Content-Length',
        context.method === 'HEAD' || status === 304 ? value : String(body.byteLength),
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

/**
 * Returns the fields in order. Drops names with an underscore, as gunicorn does: WSGI cannot tell them from hyphens.
 */
function headerPairs(raw: readonly string[]): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!name.includes('_')) pairs.push([name, raw[index + 1] ?? '']);
  }
  return pairs;
}
