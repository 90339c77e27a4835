import { writeJson } from './loose-json.ts';

/** Numbers may differ by `absolute + relative * |expected|`, as in numpy's `allclose`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

export interface Comparison {
  readonly tolerance: Tolerance;
  /** Prefix of the place of each difference, such as `json` or `outputs.y`. */
  readonly at: string;
  /** Whether keys that are not expected are allowed. */
  readonly partial?: boolean;
  /**
   * Whether whole numbers are known to be fractions (tensors of floating point). Otherwise only the absolute part of the
   * tolerance applies to two whole numbers, which are usually counts, classes or ids.
   */
  readonly fractions?: boolean;
  /** Texts that must never be shown. */
  readonly secrets?: readonly string[];
}

/** How many differences of one comparison are reported; the first ones are enough. */
const MOST_DIFFERENCES = 5;
const MOST_CHARACTERS = 120;

/**
 * Compares JSON values. NaN equals NaN; the texts `"NaN"`, `"Infinity"` and `"-Infinity"` also stand for those numbers,
 * which JSON cannot express.
 * @returns the differences as text, each with its place (`json.probabilities[3]: expected 0.91 ± 1e-4, got 0.12`).
 */
export function compareJson(expected: unknown, actual: unknown, comparison: Comparison): string[] {
  const differences = new Differences();
  compare(expected, actual, comparison.at, comparison, differences);
  return differences.lines();
}

/** A value as JSON, without secrets, and truncated so that an image in a response does not fill the screen. */
export function show(value: unknown, secrets: readonly string[] = []): string {
  const text = value === undefined ? 'nothing' : redact(writeJson(value), secrets);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 3)}...` : text;
}

export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (rest, secret) =>
      rest.replaceAll(secret, '[secret]').replaceAll(writeJson(secret).slice(1, -1), '[secret]'),
    text,
  );
}

function compare(
  wanted: unknown,
  got: unknown,
  at: string,
  comparison: Comparison,
  found: Differences,
): void {
  if (isNumber(got) && isNumber(asNumber(wanted))) {
    compareNumbers(asNumber(wanted) as number | bigint, got, at, comparison, found);
  } else if (Array.isArray(wanted) && Array.isArray(got)) {
    if (wanted.length !== got.length)
      found.add(() => `${at}: expected ${wanted.length} elements, got ${got.length}`);
    const shared = Math.min(wanted.length, got.length);
    for (let index = 0; index < shared; index += 1)
      compare(wanted[index], got[index], `${at}[${index}]`, comparison, found);
  } else if (isObject(wanted) && isObject(got)) {
    for (const key of Object.keys(wanted)) {
      if (Object.hasOwn(got, key)) compare(wanted[key], got[key], `${at}.${key}`, comparison, found);
      else found.add(() => `${at}.${key}: missing`);
    }
    if (comparison.partial) return;
    for (const key of Object.keys(got))
      if (!Object.hasOwn(wanted, key)) found.add(() => `${at}.${key}: not expected`);
  } else if (wanted !== got) {
    const { secrets } = comparison;
    found.add(() => `${at}: expected ${show(wanted, secrets)}, got ${show(got, secrets)}`);
  }
}

function compareNumbers(
  wanted: number | bigint,
  got: number | bigint,
  at: string,
  { tolerance, fractions = false }: Comparison,
  found: Differences,
): void {
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are the same when their values are
  if (wanted == got || (Number.isNaN(wanted) && Number.isNaN(got))) return;
  const whole = isWhole(wanted) && isWhole(got);
  const size = Math.abs(Number(wanted));
  const allowed = tolerance.absolute + (whole && !fractions ? 0 : tolerance.relative * size);
  const apart = whole ? Number(BigInt(wanted) - BigInt(got)) : Number(wanted) - Number(got);
  if (Number.isFinite(apart) && Math.abs(apart) <= allowed) return;
  const shown = whole && allowed < 1 ? '' : allowance(allowed);
  found.add(() => `${at}: expected ${wanted}${shown}, got ${got}`);
}

function allowance(allowed: number): string {
  if (!Number.isFinite(allowed) || allowed <= 0) return '';
  const rounded = Number(allowed.toPrecision(2));
  return ` ± ${rounded < 0.001 ? rounded.toExponential() : rounded}`;
}

const isWhole = (value: number | bigint): boolean => typeof value === 'bigint' || Number.isInteger(value);

const isNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

function asNumber(value: unknown): unknown {
  return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

class Differences {
  readonly #lines: string[] = [];
  #more = 0;

  add(line: () => string): void {
    if (this.#lines.length < MOST_DIFFERENCES) this.#lines.push(line());
    else this.#more += 1;
  }

  lines(): string[] {
    return this.#more > 0 ? [...this.#lines, `and ${this.#more} more differences`] : this.#lines;
  }
}
