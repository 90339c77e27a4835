import type { Family, Labels, MetricType, Sample } from './text-format.ts';

export type CustomKind = Exclude<MetricType, 'summary'>;

/** The process of a model instance. What it has created stays when it ends. */
export interface MetricOwner {
  readonly exited: Promise<unknown>;
}

export type MetricOperation = 'increment' | 'set' | 'observe';

interface CustomSeries {
  readonly labels: Labels;
  /** Ascending; only for a histogram. */
  readonly bounds: readonly number[];
  /** How many observations each bucket holds, the one without a bound last. */
  readonly counts: number[];
  value: number;
  /** The handles through which processes use it. */
  readonly holders: Set<Handle>;
}

interface CustomFamily {
  readonly name: string;
  readonly help: string;
  readonly kind: CustomKind;
  /** By their labels. */
  readonly series: Map<string, CustomSeries>;
}

/** One `MetricFamily` object of a process, with its `Metric` objects by number. */
interface Handle {
  readonly family: CustomFamily;
  readonly metrics: Map<number, CustomSeries>;
}

/** What a process has made, by number. */
interface Owned {
  readonly families: Map<number, Handle>;
  readonly metrics: Map<number, CustomSeries>;
}

const METRIC_NAME = /^(?!__)[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * The metrics that Python models make. Families of one name are one family, and metrics of the same labels one metric,
 * whichever model or process made them. A metric goes when the last family object through which it was made is deleted;
 * when a model is unloaded, its metrics stay, as in Triton.
 */
export class CustomMetrics {
  readonly #reserved: ReadonlyMap<string, MetricType>;
  readonly #families = new Map<string, CustomFamily>();
  readonly #owners = new Map<MetricOwner, Owned>();

  /** @param reserved the types of the server's own families */
  constructor(reserved: ReadonlyMap<string, MetricType>) {
    this.#reserved = reserved;
  }

  /**
   * @param number names the family in later calls of the same owner
   * @throws Error with Triton's reason
   */
  createFamily(owner: MetricOwner, number: number, name: string, help: string, kind: CustomKind): void {
    if (!METRIC_NAME.test(name)) throw new Error('Invalid metric name');
    const family = this.#families.get(name) ?? { name, help, kind, series: new Map() };
    if ((this.#reserved.get(name) ?? family.kind) !== kind || family.kind !== kind)
      throw new Error('Family name already exists with different type');
    this.#families.set(name, family);
    this.#ownedBy(owner).families.set(number, { family, metrics: new Map() });
  }

  /** @throws Error with Triton's reason; for a label that ends the real server, with a reason of the same kind */
  createMetric(
    owner: MetricOwner,
    familyNumber: number,
    number: number,
    labels: Labels,
    buckets: readonly number[],
  ): void {
    const { families, metrics } = this.#ownedBy(owner);
    const handle = families.get(familyNumber);
    if (!handle) return;
    if (!Object.keys(labels).every((name) => LABEL_NAME.test(name))) throw new Error('Invalid label name');
    if (buckets.some((bound, index) => index > 0 && !(bound > (buckets[index - 1] ?? 0))))
      throw new Error('Bucket Boundaries must be strictly sorted');
    const { series: known } = handle.family;
    const key = keyOf(labels);
    const series = known.get(key) ?? {
      labels,
      bounds: buckets,
      counts: new Array<number>(buckets.length + 1).fill(0),
      value: 0,
      holders: new Set(),
    };
    known.set(key, series);
    series.holders.add(handle);
    handle.metrics.set(number, series);
    metrics.set(number, series);
  }

  change(owner: MetricOwner, number: number, operation: MetricOperation, value: number): void {
    const series = this.#ownedBy(owner).metrics.get(number);
    if (!series) return;
    if (operation === 'set') series.value = value;
    else series.value += value;
    if (operation !== 'observe') return;
    const at = series.bounds.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? series.bounds.length : at;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
  }

  /** @returns 0 for a metric that is gone */
  value(owner: MetricOwner, number: number): number {
    return this.#ownedBy(owner).metrics.get(number)?.value ?? 0;
  }

  deleteFamily(owner: MetricOwner, number: number): void {
    const owned = this.#ownedBy(owner);
    const handle = owned.families.get(number);
    if (!handle) return;
    owned.families.delete(number);
    for (const [metric, { labels, holders }] of handle.metrics) {
      owned.metrics.delete(metric);
      holders.delete(handle);
      if (holders.size === 0) handle.family.series.delete(keyOf(labels));
    }
  }

  families(): readonly Family[] {
    return [...this.#families.values()].map(({ name, help, kind, series }) => ({
      name,
      help,
      type: kind,
      samples: [...series.values()].flatMap((one) =>
        kind === 'histogram' ? histogramSamples(one) : [{ labels: one.labels, value: one.value }],
      ),
    }));
  }

  #ownedBy(owner: MetricOwner): Owned {
    const known = this.#owners.get(owner);
    if (known) return known;
    const owned: Owned = { families: new Map(), metrics: new Map() };
    this.#owners.set(owner, owned);
    void owner.exited.then(() => {
      this.#owners.delete(owner);
      for (const handle of owned.families.values())
        for (const { holders } of handle.metrics.values()) holders.delete(handle);
    });
    return owned;
  }
}

const keyOf = (labels: Labels) => JSON.stringify(Object.entries(labels).sort());

function histogramSamples({ labels, bounds, counts, value }: CustomSeries): readonly Sample[] {
  let sum = 0;
  const buckets = counts.map((count, index): Sample => {
    sum += count;
    return {
      suffix: '_bucket',
      labels,
      last: ['le', bounds[index] ?? Number.POSITIVE_INFINITY],
      value: sum,
    };
  });
  return [{ suffix: '_count', labels, value: sum }, { suffix: '_sum', labels, value }, ...buckets];
}
