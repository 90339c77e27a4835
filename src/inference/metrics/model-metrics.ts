import {
  FAILURE_REASONS,
  type Latency,
  ModelStatistics,
  type OnLatencies,
  type StatisticsTotals,
} from '../statistics.ts';
import type { MetricsSettings } from './metrics-settings.ts';
import { CACHE_COUNTERS, DURATIONS, microsecondsOf, SUMMARIES } from './model-families.ts';
import { RecentQuantiles } from './quantiles.ts';
import type { Family, Labels, MetricType, Sample } from './text-format.ts';

export type ModelMetricsSettings = Pick<MetricsSettings, 'counters' | 'quantiles'>;

/** The version whose metrics are kept. */
export interface MeasuredVersion {
  readonly model: string;
  readonly version: string;
  /** `metric_tags` of its configuration. */
  readonly tags: Readonly<Record<string, string>>;
  /** Whether its configuration enables the response cache. */
  readonly isCached: boolean;
}

/** The statistics of one loaded version, and its place in the metrics. */
export interface VersionMetrics {
  readonly statistics: ModelStatistics;
  /** Requests that do not run yet; set once there is a queue. */
  waiting: () => number;
  /** The version is gone. Its figures stay while another one of the same model and version is there. */
  close(): void;
}

interface Summary {
  count: number;
  sum: number;
  readonly recent: RecentQuantiles;
}

/** What loads of the same model and version have in common: their counters go on across a reload. */
interface Series {
  readonly labels: Labels;
  readonly isCached: boolean;
  readonly open: Set<VersionMetrics>;
  /** Of the versions that are gone. */
  before: readonly StatisticsTotals[];
  readonly summaries: ReadonlyMap<Latency, Summary>;
}

/** The counters, gauges and summaries that Triton keeps for each model (docs/reference/triton.md#metrics). */
export class ModelMetrics {
  readonly #settings: ModelMetricsSettings;
  readonly #series = new Map<string, Series>();

  constructor(settings: ModelMetricsSettings) {
    this.#settings = settings;
  }

  /** Begins to count for a version that is being loaded. */
  open(measured: MeasuredVersion): VersionMetrics {
    const labels = labelsOf(measured);
    const key = JSON.stringify(Object.entries(labels).sort());
    const series = this.#series.get(key) ?? this.#newSeries(labels, measured.isCached);
    this.#series.set(key, series);
    const { summaries } = series;
    const onLatencies: OnLatencies = (times) => {
      const now = performance.now();
      for (const [latency, summary] of summaries) {
        const ns = times[latency];
        if (ns === undefined) continue;
        const microseconds = microsecondsOf({ ns });
        summary.count += 1;
        summary.sum += microseconds;
        summary.recent.add(microseconds, now);
      }
    };
    const opened: VersionMetrics = {
      statistics: new ModelStatistics(summaries.size > 0 ? onLatencies : undefined),
      waiting: () => 0,
      close: () => {
        if (!series.open.delete(opened)) return;
        series.before = [sumOf([...series.before, opened.statistics.totals()])];
        if (series.open.size === 0) this.#series.delete(key);
      },
    };
    series.open.add(opened);
    return opened;
  }

  #newSeries(labels: Labels, isCached: boolean): Series {
    const { quantiles } = this.#settings;
    const summaries = new Map<Latency, Summary>();
    for (const { latency, isFor } of quantiles ? SUMMARIES : [])
      if (isFor(isCached))
        summaries.set(latency, {
          count: 0,
          sum: 0,
          recent: new RecentQuantiles(quantiles ?? [], performance.now()),
        });
    return { labels, isCached, open: new Set(), before: [], summaries };
  }

  counters(): readonly Family[] {
    const { counters } = this.#settings;
    const all = [...this.#series.values()].map((series) => ({
      series,
      totals: sumOf(counters ? [...series.before, ...[...series.open].map(totalsOf)] : []),
    }));
    const family = (name: string, help: string, samplesOf: (one: (typeof all)[number]) => Sample[]) =>
      familyOf('counter', name, help, all.flatMap(samplesOf));
    const durations = counters ? DURATIONS : [];
    const cached = counters ? CACHE_COUNTERS : [];
    return [
      family(
        'nv_inference_request_success',
        'Number of successful inference requests, all batch sizes',
        ({ series: { labels }, totals }) => [{ labels, value: totals.latencies.request.count }],
      ),
      family(
        'nv_inference_request_failure',
        'Number of failed inference requests, all batch sizes',
        ({ series: { labels }, totals }) =>
          FAILURE_REASONS.map((reason) => ({
            labels: { ...labels, reason },
            value: totals.failures[reason],
          })),
      ),
      family(
        'nv_inference_count',
        'Number of inferences performed (does not include cached requests)',
        ({ series: { labels }, totals }) => [{ labels, value: totals.inferences }],
      ),
      family(
        'nv_inference_exec_count',
        'Number of model executions performed (does not include cached requests)',
        ({ series: { labels }, totals }) => [{ labels, value: totals.executions }],
      ),
      ...durations.map(({ latency, name, help }) =>
        family(name, help, ({ series: { labels }, totals }) => [
          { labels, value: microsecondsOf(totals.latencies[latency]) },
        ]),
      ),
      ...cached.map(({ name, help, of }) =>
        family(name, help, ({ series: { labels, isCached }, totals }) =>
          isCached ? [{ labels, value: of(totals) }] : [],
        ),
      ),
    ];
  }

  pending(): Family {
    const samples = [...this.#series.values()].map(({ labels, open }) => ({
      labels,
      value: [...open].reduce((sum, { waiting }) => sum + waiting(), 0),
    }));
    return familyOf(
      'gauge',
      'nv_inference_pending_request_count',
      'Instantaneous number of pending requests awaiting execution per-model.',
      samples,
    );
  }

  summaries(): readonly Family[] {
    const { quantiles = [] } = this.#settings;
    const now = performance.now();
    return SUMMARIES.map(({ latency, name, help }) => {
      const samples = [...this.#series.values()].flatMap(({ labels, summaries }): Sample[] => {
        const summary = summaries.get(latency);
        if (!summary) return [];
        return [
          { suffix: '_count', labels, value: summary.count },
          { suffix: '_sum', labels, value: summary.sum },
          ...quantiles.map(({ quantile }): Sample => {
            const value = summary.recent.get(quantile, now);
            return { labels, last: ['quantile', quantile], value };
          }),
        ];
      });
      return familyOf('summary', name, help, samples);
    });
  }
}

const familyOf = (type: MetricType, name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type,
  samples,
});

function labelsOf({ model, version, tags }: MeasuredVersion): Labels {
  const tagged = Object.entries(tags).map(([key, value]) => [`_${key}`, value] as const);
  return { ...Object.fromEntries(tagged), model, version };
}

const totalsOf = ({ statistics }: VersionMetrics) => statistics.totals();

function sumOf(parts: readonly StatisticsTotals[]): StatisticsTotals {
  const sum = (of: (totals: StatisticsTotals) => number) =>
    parts.reduce((total, part) => total + of(part), 0);
  const latency = (name: Latency) => ({
    count: sum(({ latencies }) => latencies[name].count),
    ns: sum(({ latencies }) => latencies[name].ns),
  });
  return {
    inferences: sum(({ inferences }) => inferences),
    executions: sum(({ executions }) => executions),
    failures: {
      REJECTED: sum(({ failures }) => failures.REJECTED),
      CANCELED: sum(({ failures }) => failures.CANCELED),
      BACKEND: sum(({ failures }) => failures.BACKEND),
      OTHER: sum(({ failures }) => failures.OTHER),
    },
    latencies: {
      request: latency('request'),
      queue: latency('queue'),
      computeInput: latency('computeInput'),
      computeInfer: latency('computeInfer'),
      computeOutput: latency('computeOutput'),
      cacheHit: latency('cacheHit'),
      cacheMiss: latency('cacheMiss'),
    },
  };
}
