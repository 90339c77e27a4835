const MILLISECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** The longest time that Node's timers support. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Parses a `grpc-timeout` field into milliseconds. Returns undefined if it is missing or unreadable. Like gRPC's own
 * library, accepts blanks and more digits than the protocol allows.
 */
export function readTimeout(field: string | readonly string[] | undefined): number | undefined {
  if (typeof field !== 'string') return undefined;
  const [, digits = '', unit = ''] = /^ *(\d+) *([HMSmun]) *$/.exec(field) ?? [];
  const factor = MILLISECONDS[unit];
  return factor === undefined ? undefined : Math.min(MAX_TIMER_MS, Math.ceil(Number(digits) * factor));
}
