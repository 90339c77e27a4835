// RapidJSON, which Triton uses, does not always return the double nearest to a text: it collects digits and multiplies
// once by a power of ten. Tensors must hold the same bits, so we read numbers as it does (`reader.h`, ParseNumber
// without full precision).

/** 2^53 - 1: a significand up to this value accepts one more digit as an integer. */
const EXACT = Number.MAX_SAFE_INTEGER;
const EXACT_DIGITS = 15;
/** Multiplied by ten, and with another digit added, it is still an exact integer. */
const ROOM_FOR_DIGIT = Math.floor(EXACT / 10) - 1;
/** Digits of a fraction that count once the significand is no longer an exact integer. */
const SIGNIFICANT_DIGITS = 17;
const MAX_EXPONENT = 308;
const POWERS = Float64Array.from({ length: MAX_EXPONENT + 1 }, (_none, exponent) => Number(`1e${exponent}`));

/** The double for a syntactically valid number; infinite for a number that is too big. */
export function doubleValue(text: string, start: number, end: number): number {
  const negative = text.charCodeAt(start) === 45;
  const first = negative ? start + 1 : start;
  const code = text.charCodeAt(first);
  if (code === 78) return Number.NaN;
  if (code === 73) return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  let at = skipDigits(text, first);
  let value =
    at - first <= EXACT_DIGITS ? smallInteger(text, first, at) : largeInteger(text, first, at, negative);
  if (at === end) return negative && value !== 0 ? -value : value;
  let significant = at - first - 1;
  let exponent = 0;
  if (text.charCodeAt(at) === 46) {
    const fractionEnd = skipDigits(text, at + 1);
    for (at += 1; at < fractionEnd; at += 1) {
      const digit = text.charCodeAt(at) - 48;
      if (value <= ROOM_FOR_DIGIT) value = value * 10 + digit;
      else if (value <= EXACT) value = appendDigit(value, digit);
      else if (significant < SIGNIFICANT_DIGITS) value = value * 10 + digit;
      else continue;
      exponent -= 1;
      if (value > 0) significant += 1;
    }
  }
  if (at < end) {
    const written = Number(text.slice(at + 1, end));
    if (written > MAX_EXPONENT - exponent) return Number.POSITIVE_INFINITY;
    exponent += written;
  }
  value = scale(value, exponent);
  return negative ? -value : value;
}

/** The index of the first character at or after `from` that is not a digit. */
export function skipDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= 48 && code <= 57; code = text.charCodeAt(at)) at += 1;
  return at;
}

function smallInteger(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

/** Reads as many digits as 64 bits hold as an integer, and adds the others one by one. */
function largeInteger(text: string, start: number, end: number, negative: boolean): number {
  const limit = negative ? 2n ** 63n : 2n ** 64n - 1n;
  let fits = Math.min(end, start + 20);
  while (BigInt(text.slice(start, fits)) > limit) fits -= 1;
  let value = Number(text.slice(start, fits));
  for (let at = fits; at < end; at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

/** `value * 10 + digit`, rounded once, since both summands are exact. */
function appendDigit(value: number, digit: number): number {
  const low = value % 1_048_576;
  return (value - low) * 10 + (low * 10 + digit);
}

function scale(value: number, exponent: number): number {
  if (exponent >= 0) return value * (POWERS[exponent] ?? Number.POSITIVE_INFINITY);
  if (exponent >= -MAX_EXPONENT) return value / (POWERS[-exponent] ?? 1);
  const rest = exponent + MAX_EXPONENT;
  return rest < -MAX_EXPONENT ? 0 : value / (POWERS[MAX_EXPONENT] ?? 1) / (POWERS[-rest] ?? 1);
}
