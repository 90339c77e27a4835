export function median(values) {
  return quantile(values, 0.5);
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** One row: least, median, 95th percentile, most. */
export function row(name, values, unit) {
  const figures = [Math.min(...values), median(values), quantile(values, 0.95), Math.max(...values)];
  const [least, p50, p95, most] = figures.map((value) => value.toFixed(1));
  process.stdout.write(
    `${name}: p50 ${p50} ${unit}, p95 ${p95} ${unit} (${least} to ${most}, n = ${values.length})\n`,
  );
}
