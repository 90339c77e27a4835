import type { ServerResponse } from 'node:http';

/** An error of the gateway in the protocol's form, which Triton's clients can read. */
export function answerGatewayError(
  response: ServerResponse,
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(JSON.stringify({ error: message }));
  response.sendDate = false;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    ...headers,
  });
  response.end(body);
}
