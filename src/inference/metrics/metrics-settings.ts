import type { Quantile } from './quantiles.ts';

/** What `--metrics-config`, `--allow-cpu-metrics` and the other flags of Triton's metrics ask for. */
export interface MetricsSettings {
  /** Whether requests are counted at all. */
  readonly counters: boolean;
  /** The quantiles of the summaries; undefined without summaries. */
  readonly quantiles: readonly Quantile[] | undefined;
  readonly cpu: boolean;
  /** How often the gauges of the machine are read, in milliseconds. */
  readonly intervalMs: number;
  /** Shown as the size of the pinned memory pool, which does not exist without a GPU. */
  readonly pinnedPoolBytes: number;
}

const STANDARD_QUANTILES = '0.5:0.05,0.9:0.01,0.95:0.001,0.99:0.001,0.999:0.001';

/**
 * Reads the values of `--metrics-config`, each `KEY=VALUE`. Unknown keys have no effect, as in Triton.
 * @throws a sentence that says what is valid
 */
export function readMetricsConfig(
  values: readonly string[],
): Pick<MetricsSettings, 'counters' | 'quantiles'> {
  const entries = new Map<string, string>();
  for (const value of values) {
    const at = value.indexOf('=');
    if (at < 1) throw new Error('KEY=VALUE, such as summary_latencies=true');
    entries.set(value.slice(0, at), value.slice(at + 1));
  }
  const isTrue = (key: string) => /^(?:true|on|1)$/i.test(entries.get(key) ?? '');
  const isFalse = (key: string) => /^(?:false|off|0)$/i.test(entries.get(key) ?? '');
  return {
    counters: !isFalse('counter_latencies'),
    quantiles: isTrue('summary_latencies')
      ? readQuantiles(entries.get('summary_quantiles') ?? STANDARD_QUANTILES)
      : undefined,
  };
}

/** `QUANTILE:ERROR`, separated by commas. */
function readQuantiles(text: string): readonly Quantile[] {
  return text.split(',').map((pair) => {
    const [quantile = Number.NaN, error = Number.NaN] = pair.split(':').map(Number);
    if (!(quantile > 0 && quantile < 1 && error > 0 && error < 1))
      throw new Error('summary_quantiles=QUANTILE:ERROR,... with numbers between 0 and 1');
    return { quantile, error };
  });
}
