import { CustomMetrics } from './custom-metrics.ts';
import { MachineGauges } from './machine-gauges.ts';
import type { MetricsSettings } from './metrics-settings.ts';
import { ModelMetrics } from './model-metrics.ts';
import { type Family, renderFamilies } from './text-format.ts';

/** Everything that `GET /metrics` shows: figures of models, of the machine, and those that models make themselves. */
export class Metrics implements AsyncDisposable {
  readonly models: ModelMetrics;
  readonly custom: CustomMetrics;
  readonly #machine: MachineGauges | undefined;
  readonly #settings: MetricsSettings;

  constructor(settings: MetricsSettings) {
    this.#settings = settings;
    this.models = new ModelMetrics(settings);
    this.#machine = settings.cpu ? new MachineGauges(settings.intervalMs) : undefined;
    this.custom = new CustomMetrics(new Map(this.#ownFamilies().map(({ name, type }) => [name, type])));
  }

  /** The document in Prometheus' text format, with families and help texts as in Triton on a CPU. */
  render(): string {
    return renderFamilies([...this.#ownFamilies(), ...this.custom.families()]);
  }

  #ownFamilies(): readonly Family[] {
    const { models } = this;
    const machine = this.#machine?.families() ?? [];
    return [...models.counters(), models.pending(), ...this.#pinnedPool(), ...machine, ...models.summaries()];
  }

  #pinnedPool(): readonly Family[] {
    const gauge = (name: string, help: string, value: number): Family => ({
      name,
      help,
      type: 'gauge',
      samples: [{ labels: {}, value }],
    });
    return [
      gauge(
        'nv_pinned_memory_pool_total_bytes',
        'Pinned memory pool total memory size, in bytes',
        this.#settings.pinnedPoolBytes,
      ),
      gauge('nv_pinned_memory_pool_used_bytes', 'Pinned memory pool used memory size, in bytes', 0),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#machine?.[Symbol.dispose]();
  }
}
