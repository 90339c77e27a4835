import { invalidArgument } from '../../kserve/index.ts';

const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The version that a call names, read as C++ reads numbers: as far as the digits go. Undefined for the newest.
 * @throws KServeError for what begins with no number, and for negative ones
 */
export function readModelVersion(text: string): string | undefined {
  if (text === '') return undefined;
  const digits = /^\s*([+-]?\d+)/.exec(text)?.[1];
  const number = digits === undefined ? undefined : BigInt(digits.replace('+', ''));
  if (number === undefined || number > MAX_INT64 || number < -MAX_INT64 - 1n)
    throw invalidArgument(
      `failed to get model version from specified version string '${text}' (details: stol), version should be an integral value > 0`,
    );
  if (number < 0n)
    throw invalidArgument(
      `invalid model version specified '${text}' , version should be an integral value > 0`,
    );
  return String(number);
}
