import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { hasErrno } from '../base/index.ts';

const CONNECT_LIMIT_MS = 5_000;

/** The event that says that a socket may be used: for TLS, after the handshake. */
export function connectEvent(socket: Socket): 'connect' | 'secureConnect' {
  return socket instanceof TLSSocket ? 'secureConnect' : 'connect';
}

/** Destroys the socket with ETIMEDOUT if it has not connected within 5 s; the system itself would try for minutes. */
export function limitConnecting(socket: Socket): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    const seconds = CONNECT_LIMIT_MS / 1_000;
    socket.destroy(Object.assign(new Error(`no connection within ${seconds} s`), { code: 'ETIMEDOUT' }));
  }, CONNECT_LIMIT_MS);
  timer.unref();
  socket.once(connectEvent(socket), () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
}

/** Whether an error raised before the connection was established means that nothing listens there. */
export function isUnreachable(error: unknown): boolean {
  return hasErrno(error, 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH');
}
