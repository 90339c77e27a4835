const PARTS = /\d+|\D+/g;

/** Orders names naturally: `model_2` before `model_10`. Returns 0 only for equal names. */
export function compareNaturally(one: string, other: string): number {
  const ones = one.match(PARTS) ?? [];
  const others = other.match(PARTS) ?? [];
  for (let index = 0; index < Math.min(ones.length, others.length); index += 1) {
    const difference = compareParts(ones[index] ?? '', others[index] ?? '');
    if (difference !== 0) return difference;
  }
  return ones.length - others.length || compareText(one, other);
}

function compareParts(one: string, other: string): number {
  if (!isNumber(one) || !isNumber(other)) return compareText(one, other);
  const [short, long] = [one.replace(/^0+/, ''), other.replace(/^0+/, '')];
  return short.length - long.length || compareText(short, long);
}

const isNumber = (part: string) => part >= '0' && part < ':';

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
