import type { Socket } from 'node:net';
import { hasErrno } from '../base/index.ts';

export const CONNECT_LIMIT_MS = 5_000;

/** Ends the socket with ETIMEDOUT where it has no connection after 5 s: the system itself would try for minutes. */
export function limitConnecting(socket: Socket): void {
  if (!socket.connecting) return;
  const timer = setTimeout(() => {
    const seconds = CONNECT_LIMIT_MS / 1_000;
    socket.destroy(Object.assign(new Error(`no connection within ${seconds} s`), { code: 'ETIMEDOUT' }));
  }, CONNECT_LIMIT_MS);
  timer.unref();
  socket.once('connect', () => clearTimeout(timer));
  socket.once('close', () => clearTimeout(timer));
}

/** Whether there was nobody to connect to; asked only of an error that came before the connection was there. */
export function isUnreachable(error: unknown): boolean {
  return hasErrno(error, 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH');
}
