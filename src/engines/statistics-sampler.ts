import type { EventSink } from '../events/index.ts';
import type { EngineEndpoints } from '../proxy/index.ts';
import { type StatisticsEntry, TritonClient } from './triton-client.ts';

const EVERY_MS = 2_000;

/**
 * Reads the statistics of an engine's models every 2 s through the statistics extension over HTTP, which every engine
 * supports. Changes become events; while the engine does not answer, there are none.
 */
export class StatisticsSampler implements AsyncDisposable {
  readonly #client: TritonClient;
  readonly #events: EventSink;
  readonly #timer: NodeJS.Timeout;
  #known: ReadonlyMap<string, StatisticsEntry> = new Map();
  #isSampling = false;

  constructor(endpoints: EngineEndpoints, events: EventSink, everyMs = EVERY_MS) {
    this.#client = new TritonClient(endpoints);
    this.#events = events;
    this.#timer = setInterval(() => void this.#sample(), everyMs);
    this.#timer.unref();
  }

  async #sample(): Promise<void> {
    if (this.#isSampling) return;
    this.#isSampling = true;
    try {
      this.#take(await this.#client.statistics());
    } catch {
      // Whoever runs the engine reports that it is gone.
    } finally {
      this.#isSampling = false;
    }
  }

  #take(entries: readonly StatisticsEntry[]): void {
    const before = this.#known;
    this.#known = new Map(entries.map((entry) => [`${entry.name}/${entry.version}`, entry]));
    for (const [key, entry] of this.#known) {
      const figures = figuresOf(entry, before.get(key));
      if (figures) this.#events.emit({ type: 'model.statistics', ...figures });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#client[Symbol.asyncDispose]();
  }
}

/** The figures to report for a version; undefined if nothing has happened since `before`. */
function figuresOf(now: StatisticsEntry, before: StatisticsEntry | undefined) {
  const { name: model, version, inference_count: inferenceCount, execution_count: executionCount } = now;
  const failureCount = now.inference_stats.fail.count;
  const isSame =
    inferenceCount === (before?.inference_count ?? 0) &&
    failureCount === (before?.inference_stats.fail.count ?? 0);
  if (isSame) return undefined;
  const [sums, old] = [sumsOf(now), sumsOf(before)];
  // A reloaded version starts again from 0.
  const since = old.requests <= sums.requests ? old : sumsOf(undefined);
  const requests = sums.requests - since.requests;
  const mean = (name: 'queueNs' | 'computeNs') =>
    requests === 0 ? 0 : Math.max(0, sums[name] - since[name]) / requests / 1e6;
  const means = { queueMs: mean('queueNs'), computeMs: mean('computeNs') };
  return { model, version, inferenceCount, executionCount, failureCount, ...means };
}

function sumsOf(entry: StatisticsEntry | undefined) {
  if (!entry) return { requests: 0, queueNs: 0, computeNs: 0 };
  const { success, queue, compute_input, compute_infer, compute_output } = entry.inference_stats;
  const computeNs = compute_input.ns + compute_infer.ns + compute_output.ns;
  return { requests: success.count, queueNs: queue.ns, computeNs };
}
