// The differences between the real server's answers over gRPC and ours that are meant, each with its reason.
import type { ComparableCall } from './exchange.ts';

export interface AllowedDifference {
  readonly what: string;
  readonly reason: string;
  /** The names of the cases, whole or up to a `*`. */
  readonly cases: readonly string[];
  /** What must hold all the same. */
  readonly holds: (real: ComparableCall, ours: ComparableCall) => boolean;
}

export const ALLOWED: readonly AllowedDifference[] = [];

/** The difference that a case of this name may show. */
export function allowedFor(name: string): AllowedDifference | undefined {
  return ALLOWED.find(({ cases }) =>
    cases.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    ),
  );
}
