import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** The status for a request that is not valid HTTP, by the error code of Node's parser. */
const STATUS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/**
 * Listener for an HTTP server's `clientError`: answers a request that the parser rejects and closes the connection.
 * Ambiguous messages are rejected, never repaired, because two parsers could disagree about where they end:
 * Content-Length next to Transfer-Encoding, two lengths even if equal, a coding other than chunked, spaces in field names.
 */
export function answerMalformed(error: Error, socket: Socket): void {
  // Node's default handler reads the same field.
  const before = (socket as { _httpMessage?: ServerResponse | null })._httpMessage;
  if (before?.req.complete && !before.closed) {
    // Earlier requests on the connection are answered first.
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
  // A client that never reads must not keep the connection open.
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.resume();
}

const LINGER_MS = 2_000;

/** Listener for an HTTP server's `connect`: rejects a CONNECT. Without one, Node closes the connection without a response. */
export function refuseTunnel(socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
}
