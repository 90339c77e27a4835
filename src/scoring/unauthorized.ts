import type { Exchange } from './exchange.ts';

/**
 * 401 as Azure's front end gives it: plain text, no id headers (docs/reference/azureml.md#triton-without-code-in-v2);
 * the word is the one that managed endpoints answer a wrong key with (azure-docs issue 98265). It says nothing about
 * what was sent.
 */
export function answerUnauthorized(exchange: Exchange): void {
  const body = 'key_auth_access_denied';
  exchange.id = exchange.fields.requestId?.slice(0, 100) ?? '';
  exchange.answerUnread(401, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)], body);
}
