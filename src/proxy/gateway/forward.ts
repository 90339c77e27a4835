import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../base/index.ts';
import { isUnreachable } from '../connect-limit.ts';
import { endToEndFields } from '../hop-by-hop.ts';
import { answerGatewayError } from './gateway-error.ts';
import type { Upstream } from './upstream.ts';

/**
 * `refused` means that nothing accepted the connection and that no byte of the body has been read; `lost` that the
 * connection to the engine ended early, and that the client has been answered or disconnected.
 */
export type ForwardResult = 'answered' | 'refused' | 'lost';

/**
 * Forwards one request and its response as streams with backpressure. Nothing is parsed, stored or sent twice. If the
 * client disconnects, the request to the engine is aborted.
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
      if (hasBody(request)) request.pipe(outgoing);
    });
    const onDisconnect = () => {
      if (!response.writableFinished) outgoing.destroy();
      resolve('answered');
    };
    response.once('close', onDisconnect);
    request.once('close', () => {
      if (!request.complete) outgoing.destroy();
    });
    outgoing.once('response', (answer) => passAnswer(answer, request.method, response));
    outgoing.on('error', (error) => {
      request.unpipe(outgoing);
      // The client has disconnected.
      if (response.destroyed) return;
      if (!isConnected && isUnreachable(error)) {
        response.off('close', onDisconnect);
        resolve('refused');
        return;
      }
      if (!response.headersSent) {
        request.resume();
        answerGatewayError(response, 503, `the engine does not answer: ${messageOf(error)}`);
      } else if (!response.writableEnded) response.destroy();
      resolve('lost');
    });
    outgoing.once('upgrade', (_answer, socket) => {
      socket.destroy();
      request.resume();
      answerGatewayError(
        response,
        503,
        'the engine does not answer: it switched protocols without being asked',
      );
    });
    if (!hasBody(request)) outgoing.end();
  });
}

/** The body is sent only once there is a connection, so that a refused request can still go to the next engine. */
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
    // Triton sends a body all the same, which the parser rejects.
    response.end();
    answer.resume();
    return;
  }
  answer.pipe(response);
  // A partial response must not look like a complete one.
  answer.once('aborted', () => response.destroy());
  answer.once('error', () => response.destroy());
}

function hasBody({ headers }: IncomingMessage): boolean {
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
