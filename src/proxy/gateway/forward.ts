import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../base/index.ts';
import { isUnreachable } from '../connect-limit.ts';
import { endToEndFields } from '../hop-by-hop.ts';
import { answerGatewayError } from './gateway-error.ts';
import type { Upstream } from './upstream.ts';

/** How it went: `refused` means that nobody took the request and that not a byte of its body was read. */
export type ForwardResult = 'answered' | 'refused';

/**
 * Passes one request on and its answer back, both as streams whose slower end sets the pace. Nothing is parsed or
 * kept, and nothing is sent twice. A caller who leaves ends the request to the engine, too.
 */
export function forward(
  upstream: Upstream,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ForwardResult> {
  return new Promise((resolve) => {
    const outgoing = upstream.open(request.method ?? 'GET', request.url ?? '/', requestHeaders(request));
    let isConnected = false;
    whenConnected(outgoing, () => {
      isConnected = true;
      if (bringsBody(request)) request.pipe(outgoing);
    });
    const onLeave = () => {
      if (!response.writableFinished) outgoing.destroy();
      resolve('answered');
    };
    response.once('close', onLeave);
    request.once('close', () => {
      if (!request.complete) outgoing.destroy();
    });
    outgoing.once('response', (answer) => passAnswer(answer, request.method, response));
    outgoing.on('error', (error) => {
      request.unpipe(outgoing);
      // A caller who left has no answer to get.
      if (response.destroyed) return;
      if (!isConnected && isUnreachable(error)) {
        response.off('close', onLeave);
        resolve('refused');
      } else if (response.headersSent) {
        if (!response.writableEnded) response.destroy();
      } else {
        request.resume();
        answerGatewayError(response, 503, `the engine does not answer: ${messageOf(error)}`);
      }
    });
    outgoing.once('upgrade', (_answer, socket) => {
      socket.destroy();
      request.resume();
      answerGatewayError(response, 503, 'the engine does not answer: it changes the protocol unasked');
    });
    if (!bringsBody(request)) outgoing.end();
  });
}

/** The body flows only once there is a connection, so that a refused request can still be sent to the next engine. */
function whenConnected(outgoing: ClientRequest, connected: () => void): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) connected();
    else socket.once('connect', connected);
  });
}

function passAnswer(answer: IncomingMessage, method: string | undefined, response: ServerResponse): void {
  if (response.headersSent || response.destroyed) {
    answer.resume();
    return;
  }
  response.sendDate = false;
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEndFields(answer.rawHeaders));
  if (method === 'HEAD') {
    // Triton sends a body all the same, at which the parser breaks off.
    response.end();
    answer.resume();
    return;
  }
  answer.pipe(response);
  // Half an answer must not look like a whole one.
  answer.once('aborted', () => response.destroy());
  answer.once('error', () => response.destroy());
}

function bringsBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function requestHeaders(request: IncomingMessage): string[] {
  const { headers, rawHeaders, method } = request;
  const kept = endToEndFields(rawHeaders);
  if (headers['transfer-encoding'] !== undefined) kept.push('Transfer-Encoding', 'chunked');
  else if (headers['content-length'] === undefined && method !== 'GET' && method !== 'HEAD')
    kept.push('Content-Length', '0');
  return kept;
}
