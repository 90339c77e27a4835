import type { Socket } from 'node:net';
import { type Connection, LINGER_MS } from './connections.ts';
import { gunicornPage } from './error-answers.ts';

/** Answers what Node's parser refused, with gunicorn's status and page for it, and closes the connection. */
export function answerParserError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  connection: Connection | undefined,
): void {
  if (!socket.writable || DISCONNECTED.has(error.code ?? '')) {
    socket.destroy();
    return;
  }
  const tooSlow = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  if (connection?.fail(tooSlow ? 'too-slow' : 'broken')) return;
  const [status, reason, text] = pageFor(error.code);
  const body = gunicornPage(reason, text);
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/html\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** The caller has disconnected, possibly in the middle of a request: gunicorn does not answer then. */
const DISCONNECTED: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);

function pageFor(code: string | undefined): readonly [status: number, reason: string, text: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        431,
        'Request Header Fields Too Large',
        'Error parsing headers: &#x27;limit request headers fields size&#x27;',
      ];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'Request Timeout', 'The request took too long to arrive'];
    default:
      return [400, 'Bad Request', 'The request is not valid HTTP'];
  }
}
