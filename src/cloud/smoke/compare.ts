export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** How many differences of one answer are told; the first ones say enough. */
const MOST_DIFFERENCES = 5;

/**
 * Compares JSON values; numbers may differ by `absolute + relative * |expected|`, NaN equals NaN.
 * @returns the differences in words, each with its place; empty where there are none.
 */
export function compareJson(
  expected: unknown,
  actual: unknown,
  tolerance: Tolerance,
  { at = 'json', partial = false }: { readonly at?: string; readonly partial?: boolean } = {},
): string[] {
  const differences: string[] = [];
  const walk = (wanted: unknown, got: unknown, where: string): void => {
    if (differences.length >= MOST_DIFFERENCES) return;
    if (typeof wanted === 'number' && typeof got === 'number') {
      if (!withinTolerance(wanted, got, tolerance)) {
        differences.push(`${where}: expected ${wanted}${allowance(wanted, tolerance)}, got ${got}`);
      }
    } else if (Array.isArray(wanted) && Array.isArray(got)) {
      if (wanted.length !== got.length) {
        differences.push(`${where}: expected ${wanted.length} elements, got ${got.length}`);
      }
      wanted.slice(0, got.length).forEach((value, index) => {
        walk(value, got[index], `${where}[${index}]`);
      });
    } else if (isObject(wanted) && isObject(got)) {
      for (const key of Object.keys(wanted)) {
        if (key in got) walk(wanted[key], got[key], `${where}.${key}`);
        else differences.push(`${where}.${key}: missing`);
      }
      if (partial) return;
      for (const key of Object.keys(got))
        if (!(key in wanted)) differences.push(`${where}.${key}: not expected`);
    } else if (wanted !== got) {
      differences.push(`${where}: expected ${shorten(wanted)}, got ${shorten(got)}`);
    }
  };
  walk(expected, actual, at);
  return differences;
}

function withinTolerance(expected: number, actual: number, { absolute, relative }: Tolerance): boolean {
  if (Object.is(expected, actual) || expected === actual) return true;
  return Math.abs(expected - actual) <= absolute + relative * Math.abs(expected);
}

function allowance(expected: number, { absolute, relative }: Tolerance): string {
  const allowed = absolute + relative * Math.abs(expected);
  return allowed > 0 ? ` ± ${Number(allowed.toPrecision(2))}` : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A value as JSON, cut so that an image in an answer does not fill the screen. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
