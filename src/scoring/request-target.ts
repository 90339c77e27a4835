/** A request target as the routes see it. */
export interface RequestTarget {
  /** Percent-decoded, with runs of slashes merged: `//score` is `/score`, `/score/` stays another path. */
  readonly path: string;
  /** From the question mark on, as it was sent; empty without one. */
  readonly query: string;
}

/**
 * Splits a raw request target. The absolute form (`GET http://host/score`) counts by its path, as on the real
 * server; what cannot be decoded is left as it is, so that it matches no route.
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

/** Spares the work for nearly every request. */
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
