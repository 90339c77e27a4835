import { asciiJson } from '../base/index.ts';
import type { Refusal } from './gunicorn-checks.ts';
import { pushIdentity } from './identity-fields.ts';
import type { RequestContext } from './request-context.ts';
import type { RequestIds } from './request-ids.ts';

/**
 * Answers with an error message. With `ids` the answer is one of the service and carries them; without, it is one of
 * the application's own handler (unknown path, wrong method), which sends none (docs/reference/azureml.md#routes).
 */
export function answerMessage(
  context: RequestContext,
  status: number,
  message: string,
  ids?: RequestIds,
): void {
  const { headers, body } = messageAnswer(context, message, ids);
  context.answer.send(status, headers, body);
}

/** As `answerMessage`, for a request whose body is not read to its end. */
export function answerUnread(
  context: RequestContext,
  status: number,
  message: string,
  ids: RequestIds,
): void {
  const { headers, body } = messageAnswer(context, message, ids);
  context.answer.sendUnread(status, headers, body);
}

/**
 * JSON today, plain text in 2021 (docs/reference/azureml.md#the-server-of-2020-and-2021). The body is bytes as
 * latin1.
 */
function messageAnswer(context: RequestContext, message: string, ids: RequestIds | undefined) {
  const isText = context.service.dialect === '2021';
  const body = isText ? Buffer.from(message).toString('latin1') : `{"message": ${asciiJson(message)}}`;
  const type = isText ? 'text/html; charset=utf-8' : 'application/json';
  const headers = [
    'Content-Type',
    type,
    'Content-Length',
    String(body.length),
    'x-ms-run-function-failed',
    'False',
  ];
  if (ids) pushIdentity(headers, context, ids);
  return { headers, body };
}

/** Answers as gunicorn does before the application sees the request: an HTML page, without our ids. */
export function answerGunicornError(context: RequestContext, { status, reason, text }: Refusal): void {
  const body = gunicornPage(reason, text);
  const headers = ['Content-Type', 'text/html', 'Content-Length', String(body.length)];
  context.answer.sendUnread(status, headers, body, reason);
}

/** The error page of gunicorn; `text` is HTML. */
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
