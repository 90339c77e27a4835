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

const sameStatus = (real: ComparableCall, ours: ComparableCall) => real.status === ours.status;

export const ALLOWED: readonly AllowedDifference[] = [
  {
    what: 'The words of errors that come from what runs the model.',
    reason: 'The peer runs Python models where ours runs ONNX.',
    cases: ['raw: strings, a length beyond the end', 'raw: strings, a huge length'],
    holds: sameStatus,
  },
];

/** The difference that a case of this name may show. */
export function allowedFor(name: string): AllowedDifference | undefined {
  return ALLOWED.find(({ cases }) =>
    cases.some((pattern) =>
      pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    ),
  );
}
