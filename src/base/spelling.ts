const LEAST_PREFIX = 3;

/** The name that a misspelt or shortened name most likely means; undefined if none is close. */
export function closestName(written: string, names: readonly string[]): string | undefined {
  const longer = names.filter((name) => name.startsWith(written));
  if (written.length >= LEAST_PREFIX && longer.length === 1) return longer[0];
  const limit = Math.max(2, Math.floor(written.length / 3));
  const plain = simplify(written);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of names) {
    const distance = editDistance(plain, simplify(name));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** The most common mistakes are case, separators and plurals: `inputs`, `maxBatchSize`, `instance-group`. */
function simplify(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '').replace(/s$/, '');
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
