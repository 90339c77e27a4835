// Python's `json` and Triton write bare NaN and infinities, which JavaScript rejects, and 64-bit integers, which it
// rounds. To keep both, such numbers pass through JSON.parse and JSON.stringify as marked strings.

const MARK = '\0number:';
const MARK_IN_JSON = '\\u0000number:';
const NEEDS_CARE = /NaN|Infinity|(?<![\d.])\d{16}/;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:NaN|Infinity|\d[\d.eE+-]*)/g;
const MARKED_NUMBER = /"\\u0000number:(-?(?:\d+|NaN|Infinity))"/g;

/**
 * Reads JSON with bare NaN and infinities; integers beyond 2^53 come as bigint.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  if (!NEEDS_CARE.test(text)) return JSON.parse(text);
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    /^-?(?:NaN|Infinity|\d{16,})$/.test(token) ? `"${MARK_IN_JSON}${token}"` : token,
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? readNumber(value.slice(MARK.length)) : value,
  );
}

/** The inverse of `parseJson`. */
export function writeJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'bigint' || (typeof part === 'number' && !Number.isFinite(part))
      ? `${MARK}${part}`
      : part,
  );
  return (text ?? 'null').replace(MARKED_NUMBER, '$1');
}

/** A bigint only if a number would not be exact. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readNumber(text: string): number | bigint {
  return /^-?\d+$/.test(text) ? narrow(BigInt(text)) : Number(text);
}
