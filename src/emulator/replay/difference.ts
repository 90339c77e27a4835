import type { AnswerDifference } from '../../events/index.ts';

/** Further differences are only counted. */
const MAX_REPORTED = 20;
const MOST_SHOWN = 80;

export interface Differences {
  /** The first ones, in the order of the answer. */
  readonly reported: readonly AnswerDifference[];
  /** Total number. */
  readonly total: number;
}

/** The differences between two answers: value by value if both are JSON, otherwise as a whole. */
export function compareAnswers(before: string, after: string): Differences {
  if (before === after) return { reported: [], total: 0 };
  const [one, other] = [parse(before), parse(after)];
  const found = new Found();
  if (one && other) compare(one.value, other.value, '', found);
  else found.add('', before, after);
  return { reported: found.reported, total: found.total };
}

class Found {
  readonly reported: AnswerDifference[] = [];
  total = 0;

  add(path: string, before: string, after: string): void {
    this.total += 1;
    if (this.reported.length < MAX_REPORTED)
      this.reported.push({ path, before: cut(before), after: cut(after) });
  }
}

function compare(before: unknown, after: unknown, path: string, found: Found): void {
  if (Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index += 1)
      compare(before[index], after[index], `${path}[${index}]`, found);
  } else if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(before[name], after[name], path === '' ? name : `${path}.${name}`, found);
  } else if (!Object.is(before, after)) found.add(path, show(before), show(after));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** JSON text; empty for a missing value. */
function show(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}

function cut(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN - 1)}…`;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
