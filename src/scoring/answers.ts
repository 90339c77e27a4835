import type { Exchange } from './exchange.ts';
import type { Refusal } from './gunicorn-checks.ts';
import type { RequestIds } from './request-ids.ts';

/** A JSON message as the real server writes it: Python's spacing, ASCII only. */
export function messageBody(message: string): string {
  return `{"message": ${asciiJson(message)}}`;
}

/** JSON as Python's `json.dumps` writes it: a space after commas and colons, every character beyond ASCII escaped. */
export function pythonJson(value: unknown): string {
  return asciiJson(value, 1).replace(/,\n */g, ', ').replace(/\n */g, '');
}

/** JSON with every character beyond ASCII escaped. */
export function asciiJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Answers with an error's message. With `ids` it is one of the service's own answers and carries them; without, it is
 * one of the application-level handler (unknown path, wrong method), which carries none
 * (docs/reference/azureml.md#routes).
 */
export function answerMessage(exchange: Exchange, status: number, message: string, ids?: RequestIds): void {
  const { headers, body } = errorAnswer(exchange, message, ids);
  exchange.answer(status, headers, body);
}

/** As `answerMessage`, to a request whose body is not read to its end. */
export function answerUnread(exchange: Exchange, status: number, message: string, ids: RequestIds): void {
  const { headers, body } = errorAnswer(exchange, message, ids);
  exchange.answerUnread(status, headers, body);
}

/** JSON today, a text in 2021 (docs/reference/azureml.md#the-server-of-2020-and-2021); the body is bytes as latin1. */
function errorAnswer(exchange: Exchange, message: string, ids: RequestIds | undefined) {
  const isText = exchange.service.dialect === '2021';
  const body = isText ? Buffer.from(message).toString('latin1') : messageBody(message);
  const type = isText ? 'text/html; charset=utf-8' : 'application/json';
  const headers = [
    'Content-Type',
    type,
    'Content-Length',
    String(body.length),
    'x-ms-run-function-failed',
    'False',
  ];
  if (ids) pushIdentity(headers, exchange, ids);
  return { headers, body };
}

/** An error that gunicorn gives before the application sees the request: HTML, and none of our ids. */
export function answerGunicornError(exchange: Exchange, { status, reason, text }: Refusal): void {
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

/** Adds what web pages are allowed, the version and the ids, in the order of the real server; in 2021 it had one id. */
export function pushIdentity(headers: string[], exchange: Exchange, ids: RequestIds): void {
  const { cors, serverVersion, dialect } = exchange.service;
  if (dialect === '2021') {
    headers.push('x-ms-request-id', ids.msRequestId);
    return;
  }
  if (cors && !headers.includes('Access-Control-Allow-Origin')) {
    const { method, request, fields } = exchange;
    headers.push(...cors.fieldsFor({ method, origin: fields.origin, rawHeaders: request.rawHeaders }));
  }
  if (serverVersion !== undefined) headers.push('x-ms-server-version', serverVersion);
  if (ids.requestId) headers.push('x-request-id', ids.requestId);
  if (ids.msRequestId) headers.push('x-ms-request-id', ids.msRequestId);
  if (ids.msClientRequestId) headers.push('x-ms-client-request-id', ids.msClientRequestId);
  if (exchange.fields.traceId !== undefined) headers.push('TraceId', exchange.fields.traceId);
}
