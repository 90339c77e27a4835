const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const AGES: readonly (readonly [unit: string, seconds: number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
];

/** A size for people: `1.2 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1_000 && unit < UNITS.length - 1; unit += 1) value /= 1_000;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** How long ago, for people: `3 d ago`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1_000);
  for (const [unit, size] of AGES) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  return 'just now';
}
