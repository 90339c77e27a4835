import type { Exchange } from './exchange.ts';
import type { RequestIds } from './request-ids.ts';

/** The version header of the server whose contract we keep (azureml.md section 1). */
export const SERVER_VERSION = 'azmlinfsrv/1.5.1';

/** A JSON message as the real server writes it: Python's spacing, ASCII only. */
export function messageBody(message: string): string {
  return `{"message": ${asciiJson(message)}}`;
}

/** JSON with every character beyond ASCII escaped, as Python's `json.dumps` does. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Answers with a JSON message. With `ids` it is one of the service's own answers and carries them; without, it is
 * one of the application-level handler (unknown path, wrong method), which carries none (azureml.md 1.3).
 */
export function answerMessage(
  exchange: Exchange,
  status: number,
  message: string,
  ids?: RequestIds,
  runFunctionFailed = false,
): void {
  const body = messageBody(message);
  const headers = jsonHeaders(body);
  headers.push('x-ms-run-function-failed', runFunctionFailed ? 'True' : 'False');
  if (ids) pushIdentity(headers, exchange, ids);
  exchange.answer(status, headers, body);
}

/** Refuses a body that is too large, without reading it. The text is werkzeug's, which names no number. */
export function answerTooLarge(exchange: Exchange, ids: RequestIds): void {
  const body = messageBody('The data value transmitted exceeds the capacity limit.');
  const headers = jsonHeaders(body);
  headers.push('x-ms-run-function-failed', 'False');
  pushIdentity(headers, exchange, ids);
  exchange.answerUnread(413, headers, body);
}

/** An error that gunicorn gives before the application sees the request: HTML, and none of our ids. */
export function answerGunicornError(exchange: Exchange, status: number, reason: string, text: string): void {
  const body = gunicornPage(reason, text);
  exchange.answerUnread(
    status,
    ['Content-Type', 'text/html', 'Content-Length', String(body.length)],
    body,
    reason,
  );
}

export function gunicornPage(reason: string, text: string): string {
  return `<html>
  <head>
    <title>${reason}</title>
  </head>
  <body>
    <h1><p>${reason}</p></h1>
    ${text}
  </body>
</html>
`;
}

/** Headers of a JSON body of ASCII text, to be added to. */
export function jsonHeaders(body: string): string[] {
  return ['Content-Type', 'application/json', 'Content-Length', String(body.length)];
}

/** Adds the version and the ids, in the order of the real server. */
export function pushIdentity(headers: string[], exchange: Exchange, ids: RequestIds): void {
  headers.push('x-ms-server-version', SERVER_VERSION);
  if (ids.requestId) headers.push('x-request-id', ids.requestId);
  if (ids.msRequestId) headers.push('x-ms-request-id', ids.msRequestId);
  if (ids.msClientRequestId) headers.push('x-ms-client-request-id', ids.msClientRequestId);
  if (exchange.fields.traceId !== undefined) headers.push('TraceId', exchange.fields.traceId);
}
