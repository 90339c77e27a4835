import type { ControlCallMessage, MetricMessage } from '../../../python/index.ts';
import type { CustomKind, CustomMetrics, MetricOwner } from '../../metrics/custom-metrics.ts';
import type { Labels } from '../../metrics/text-format.ts';

type MetricMethod = Exclude<ControlCallMessage['method'], 'load' | 'unload' | 'isReady'>;

/**
 * Makes a metric for a model's process, or reads one.
 * @returns the value that was read, as text
 * @throws Error with Triton's reason
 */
export function callMetric(
  metrics: CustomMetrics,
  owner: MetricOwner,
  method: MetricMethod,
  given: readonly unknown[],
): string | undefined {
  switch (method) {
    case 'metricFamily': {
      const [number, name, help, kind] = given as [number, string, string, CustomKind];
      metrics.createFamily(owner, number, name, help, kind);
      return undefined;
    }
    case 'metric': {
      const [family, number, labels, buckets] = given as [number, number, Labels, readonly number[]];
      metrics.createMetric(owner, family, number, labels, buckets);
      return undefined;
    }
    case 'metricValue':
      return String(metrics.value(owner, Number(given[0])));
  }
}

/** What a model does with its metrics without waiting for an answer. */
export function changeMetric(metrics: CustomMetrics, owner: MetricOwner, message: MetricMessage): void {
  if (message.type === 'metricFamilyDeleted') metrics.deleteFamily(owner, message.family);
  else metrics.change(owner, message.metric, message.operation, toNumber(message.value));
}

/** A number as Python writes it. */
const toNumber = (text: string) => Number(text.replace('inf', 'Infinity'));
