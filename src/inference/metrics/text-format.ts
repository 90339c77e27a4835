/** The kinds of metrics, in the order in which Triton's document lists them. */
export const METRIC_TYPES = ['counter', 'gauge', 'histogram', 'summary'] as const;

export type MetricType = (typeof METRIC_TYPES)[number];

/** By name. */
export type Labels = Readonly<Record<string, string>>;

/** A line of a family. */
export interface Sample {
  /** Follows the name of the family: `_bucket`, `_count`, `_sum`. */
  readonly suffix?: string;
  readonly labels: Labels;
  /** Comes after the labels: the bound of a bucket, or a quantile. */
  readonly last?: readonly [name: string, value: number];
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly Sample[];
}

/**
 * The text that Prometheus reads, as Triton writes it: families by type, help texts as they are, no timestamps. A family
 * without samples is left out; families of one name are joined under the help text of the first.
 */
export function renderFamilies(families: Iterable<Family>): string {
  const byName = new Map<string, { readonly first: Family; lines: string }>();
  for (const family of families) {
    if (family.samples.length === 0) continue;
    const known = byName.get(family.name) ?? { first: family, lines: '' };
    for (const sample of family.samples) known.lines += renderSample(family.name, sample);
    byName.set(family.name, known);
  }
  const all = [...byName.values()];
  let text = '';
  for (const type of METRIC_TYPES)
    for (const { first, lines } of all) if (first.type === type) text += renderHead(first) + lines;
  return text;
}

function renderHead({ name, help, type }: Family): string {
  return `${help === '' ? '' : `# HELP ${name} ${help}\n`}# TYPE ${name} ${type}\n`;
}

function renderSample(name: string, { suffix = '', labels, last, value }: Sample): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((label) => `${label}="${escapeLabel(labels[label] ?? '')}"`);
  if (last) pairs.push(`${last[0]}="${formatNumber(last[1])}"`);
  return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${formatNumber(value)}\n`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

/** Up to 16 digits, as `%.16g` of C prints them. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'Nan';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return Object.is(value, -0) ? '-0' : String(value);
  const [digits = '', exponent = ''] = value.toExponential(15).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const padded = String(Math.abs(power)).padStart(2, '0');
    return `${withoutZeros(digits)}e${power < 0 ? '-' : '+'}${padded}`;
  }
  return withoutZeros(value.toFixed(Math.max(0, 15 - power)));
}

function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
