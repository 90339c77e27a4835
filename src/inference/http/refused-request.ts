import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { matchRoute } from './route.ts';
import { pathOf } from './target.ts';

/** How long a client may take to read the refusal, while the rest of its data is discarded. */
const LINGER_MS = 2_000;

/** The client has disconnected. */
const HAS_LEFT: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);

interface Refusal extends NodeJS.ErrnoException {
  /** The parser's error. */
  readonly reason?: string;
  /** The bytes parsed last. */
  readonly rawPacket?: Buffer;
}

/**
 * Answers requests that Node's HTTP parser refused, and closes the connection. Triton closes such connections without
 * an answer or accepts the request, although, for example, one that states its length in two ways may mean something
 * different to a proxy.
 */
export function answerRefused(error: Refusal, socket: Socket): void {
  // After the answer the client may keep sending, and the parser fails again.
  if (socket.writableEnded) return;
  if (!socket.writable || HAS_LEFT.has(error.code ?? '')) {
    socket.destroy();
    return;
  }
  const [status, message] = answerFor(error);
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  socket.resume();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

function answerFor({ code, reason, message, rawPacket }: Refusal): readonly [status: number, text: string] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'the header fields of the request are too large'];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'the request took too long to arrive'];
    case 'HPE_INVALID_METHOD': {
      const target = /^[!#-'*+.^-z|~-]+ (\/\S*) HTTP\/1\.\d\r?\n/i.exec(
        rawPacket?.toString('latin1') ?? '',
      )?.[1];
      if (target === undefined) break;
      return matchRoute(pathOf(target)) ? [405, 'Method Not Allowed'] : [404, 'Not Found'];
    }
  }
  return [400, `the request is not valid HTTP: ${reason ?? message}`];
}
