const MILLISECONDS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Node's timers take no longer times. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The milliseconds of a `grpc-timeout` field; undefined where there is none, or none that can be read. More digits than the
 * protocol allows, and blanks, are taken as gRPC's own library takes them.
 */
export function readTimeout(field: string | readonly string[] | undefined): number | undefined {
  if (typeof field !== 'string') return undefined;
  const [, digits = '', unit = ''] = /^ *(\d+) *([HMSmun]) *$/.exec(field) ?? [];
  const factor = MILLISECONDS[unit];
  return factor === undefined ? undefined : Math.min(MAX_TIMER_MS, Math.ceil(Number(digits) * factor));
}
