import { pathOf } from './request-target.ts';

/** The ways in which a request can change the server for every client. */
export type StateChange = 'model-control' | 'settings' | 'shared-memory';

const CHANGES: readonly (readonly [StateChange, RegExp])[] = [
  ['model-control', /^\/+v2\/+repository(?:\/+[^/]+)?\/+models\/+[^/]+\/+(?:load|unload)\/*$/],
  ['settings', /^\/+v2\/+(?:logging|(?:models\/+[^/]+\/+(?:versions\/+[^/]+\/+)?)?trace\/+setting)\/*$/],
  ['shared-memory', /^\/+v2\/+(?:system|cuda)sharedmemory\/+(?:region\/+[^/]+\/+)?(?:un)?register\/*$/],
];
/** Rules out nearly every request: inference goes to /v2/models/NAME/infer. */
const MAY_CHANGE = /repo|setting|logging|sharedmemory|%/i;

/**
 * The change that a request to the HTTP service would make; undefined for inference and for requests that only read.
 * Decodes percent-escapes first, as the server does.
 * @param target the raw request target: a path with its query, or a full URL.
 */
export function stateChangeOf(
  method: string | undefined,
  target: string | undefined,
): StateChange | undefined {
  if (method !== 'POST' || target === undefined || !MAY_CHANGE.test(target)) return undefined;
  const path = decoded(pathOf(target));
  return CHANGES.find(([, pattern]) => pattern.test(path))?.[0];
}

const LOOPBACK_ORIGIN =
  /^https?:\/\/(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether an `Origin` field names a web page of another machine. Browsers send the field with every POST, and without
 * this check any page could make its visitor's own server load a model. Other programs do not send it.
 */
export function isForeignOrigin(origin: string | undefined): boolean {
  return origin !== undefined && !LOOPBACK_ORIGIN.test(origin.trim());
}

/** The text of the 403 for a change requested by a foreign page. */
export const FOREIGN_ORIGIN_REFUSED =
  'a web page of another origin may not change the server; send the request without an Origin field';

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
