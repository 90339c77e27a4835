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
  {
    what: 'A batch of 2^32 rows and more is refused; Triton takes the size modulo 2^32.',
    reason: 'Nobody is served by an answer to another shape than was sent.',
    cases: ['shape: [4294967297,4] of FP32 for batch_fp32, 16 bytes'],
    holds: (real, ours) => real.status === 0 && ours.message.includes('batch-size must be <= 8'),
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
