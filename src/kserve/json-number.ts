import { doubleValue, skipDigits } from './json-double.ts';
import { JsonDouble, syntaxError } from './json-value.ts';

const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;
/** A number with fewer characters and no exponent always fits a double. */
const SAFE_LENGTH = 300;

/**
 * Returns the end of the number at `start`, whose value fits a double.
 * @throws KServeError as Triton's parser words it
 */
export function skipNumber(text: string, start: number): number {
  let at = start;
  if (text.charCodeAt(at) === 45) at += 1;
  const first = text.charCodeAt(at);
  if (first === 48) at += 1;
  else if (first >= 49 && first <= 57) at = skipDigits(text, at + 1);
  else if (first === 78) return skipWord(text, at, 'NaN');
  else if (first === 73) return skipInfinity(text, at);
  else throw syntaxError('Invalid value.', at);
  const whole = at;
  if (text.charCodeAt(at) === 46) {
    at = skipDigits(text, at + 1);
    if (at === whole + 1) throw syntaxError('Miss fraction part in number.', at);
  }
  const exponentAt = at;
  const exponent = text.charCodeAt(at);
  if (exponent === 101 || exponent === 69) {
    const sign = text.charCodeAt(at + 1);
    const digits = sign === 43 || sign === 45 ? at + 2 : at + 1;
    at = skipDigits(text, digits);
    if (at === digits) throw syntaxError('Miss exponent in number.', at);
  }
  const surelyFinite = at === exponentAt && at - start < SAFE_LENGTH;
  if (!surelyFinite && !Number.isFinite(doubleValue(text, start, at)))
    throw syntaxError('Number too big to be stored in double.', start);
  return at;
}

/** The value of a number that `skipNumber` passed over. */
export function numberValue(text: string, start: number, end: number): number | bigint | JsonDouble {
  const written = text.slice(start, end);
  if (/[.eENI]/.test(written)) return new JsonDouble(doubleValue(text, start, end));
  const value = Number(written);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const exact = BigInt(written);
  return exact >= MIN_INT64 && exact <= MAX_UINT64 ? exact : new JsonDouble(doubleValue(text, start, end));
}

function skipInfinity(text: string, start: number): number {
  const at = skipWord(text, start, 'Inf');
  return text[at] === 'i' ? skipWord(text, at, 'inity') : at;
}

/** @throws KServeError that points at the first letter that differs */
export function skipWord(text: string, start: number, word: string): number {
  let at = start;
  for (const letter of word) {
    if (text[at] !== letter) throw syntaxError('Invalid value.', at);
    at += 1;
  }
  return at;
}
