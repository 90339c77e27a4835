import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How a request that is no valid HTTP is answered; the codes are those of Node's parser. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * Answers a request that the parser refuses, for an HTTP server's `clientError`, and closes the connection. What is
 * ambiguous is refused and never repaired: Content-Length beside Transfer-Encoding, two lengths even if equal, a
 * coding other than chunked, spaces in field names. Two parsers could disagree where such a message ends.
 */
export function answerMalformed(error: Error, socket: Socket): void {
  // Node's own default looks at the same field.
  const before = (socket as { _httpMessage?: ServerResponse | null })._httpMessage;
  if (before?.req.complete && !before.closed) {
    // Requests before this one are answered first.
    before.once('close', () => answerMalformed(error, socket));
    return;
  }
  if (!socket.writable || before?.headersSent) {
    socket.destroy();
    return;
  }
  const code = 'code' in error ? String(error.code) : '';
  const reason = 'reason' in error ? String(error.reason) : error.message;
  const body = JSON.stringify({ error: `the request is not valid HTTP/1.1: ${reason}` });
  socket.end(
    `HTTP/1.1 ${STATUS[code] ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  // A caller that never reads must not keep the connection.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.resume();
}

const LINGER_MS = 2_000;

/** Answers a CONNECT, for an HTTP server's `connect`: without a listener, Node only closes the connection. */
export function refuseTunnel(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
}
