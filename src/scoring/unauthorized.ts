import type { RequestContext } from './request-context.ts';

/**
 * 401 as Azure's front end gives it: plain text, no id headers (azureml.md 5.2); the word is the one that managed
 * endpoints answer a wrong key with (azure-docs issue 98265). It says nothing about what was sent.
 */
export function answerUnauthorized(context: RequestContext): void {
  const body = 'key_auth_access_denied';
  context.id = context.fields.requestId?.slice(0, 100) ?? '';
  context.answer.sendUnread(401, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)], body);
}
