import { messageOf } from '../../../base/index.ts';

/** The HTTP status of the daemon's response; undefined for a connection error. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** The daemon's own message, without docker-modem's prefix. */
export function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'json' in error) {
    const { json } = error;
    if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string')
      return json.message;
  }
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]* - /, '')
    .trim();
}

/** Whether the container does not exist or is already being removed (404, or 409 `removal … in progress`). */
export function isGone(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || (status === 409 && /in progress/.test(reasonOf(error)));
}
