import type { RequestContext } from './request-context.ts';

/**
 * Answers 401 as Azure's front end does: plain text, no id headers
 * (docs/reference/azureml.md#triton-without-code-in-v2), and the word with which managed endpoints answer a wrong key
 * (azure-docs issue 98265). It reveals nothing about the key that was sent.
 */
export function answerUnauthorized(context: RequestContext): void {
  const body = 'key_auth_access_denied';
  context.id = context.fields.requestId?.slice(0, 100) ?? '';
  context.answer.sendUnread(401, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)], body);
}
