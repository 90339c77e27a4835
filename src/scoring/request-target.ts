/** A request target as the routes see it. */
export interface RequestTarget {
  /** Percent-decoded, with runs of slashes merged: `//score` is `/score`, but `/score/` stays a different path. */
  readonly path: string;
  /** The query as sent, with its question mark; empty without one. */
  readonly query: string;
}

/**
 * Splits a raw request target. Of the absolute form (`GET http://host/score`) only path and query count, as on the real
 * server. A path that cannot be decoded stays as it is and matches no route.
 */
export function readTarget(raw: string): RequestTarget {
  const known = WELL_KNOWN.get(raw);
  if (known) return known;
  const relative = raw.startsWith('/') ? raw : raw.replace(/^https?:\/\/[^/?#]*/i, '') || '/';
  const fragment = relative.indexOf('#');
  const target = fragment < 0 ? relative : relative.slice(0, fragment);
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  return { path: decode(path).replace(/\/{2,}/g, '/'), query: mark < 0 ? '' : target.slice(mark) };
}

/** Avoids the work for nearly every request. */
const WELL_KNOWN = new Map<string, RequestTarget>([
  ['/', { path: '/', query: '' }],
  ['/score', { path: '/score', query: '' }],
]);

function decode(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
