import { messageOf } from '../../../base/index.ts';

/** The status a daemon answered with; undefined for errors of the connection. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** The daemon's own words, without docker-modem's preamble. */
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

/** No such container, or one that is being removed: what a removal wants (404, 409 `removal … in progress`). */
export function isGone(error: unknown): boolean {
  const status = statusOf(error);
  return status === 404 || (status === 409 && /in progress/.test(reasonOf(error)));
}
