import type { EmulatorEvent } from '../../events/index.ts';

/** What happened in one second. */
export interface Second {
  /** Requests answered. */
  readonly count: number;
  readonly failed: number;
  /** Milliseconds from request to answer; null without a request. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Mean size of the batches that the models ran; null if none ran. */
  readonly batch: number | null;
}

interface Bin {
  readonly second: number;
  count: number;
  failed: number;
  readonly latencies: number[];
  inferences: number;
  executions: number;
}

/** Seconds that the charts show. */
export const WINDOW_SECONDS = 120;
/** Latencies kept of a second; they are enough for a percentile. */
const MOST_LATENCIES = 200;

/** Requests and batches by the second, folded from the events. */
export class Traffic {
  readonly #bins: (Bin | undefined)[] = new Array(WINDOW_SECONDS);
  /** Totals of each model version when they were last reported. */
  readonly #totals = new Map<string, { readonly inferences: number; readonly executions: number }>();

  receive(event: EmulatorEvent): void {
    switch (event.type) {
      case 'scoring.request':
        this.#count(event.time, 1, event.status >= 400 ? 1 : 0, [event.totalMs]);
        return;
      case 'engine.requests':
        this.#count(
          event.time,
          event.count,
          event.failed,
          event.sample.map(({ totalMs }) => totalMs),
        );
        return;
      case 'model.statistics':
        this.#batches(event);
        return;
      default:
    }
  }

  /** The seconds up to `now` (milliseconds since the epoch), oldest first; the current one is not complete. */
  seconds(now: number): readonly Second[] {
    const last = Math.floor(now / 1_000);
    return Array.from({ length: WINDOW_SECONDS }, (_, index) =>
      toSecond(this.#at(last - WINDOW_SECONDS + 1 + index)),
    );
  }

  #count(time: string, count: number, failed: number, latencies: readonly number[]): void {
    const bin = this.#binOf(time);
    if (!bin) return;
    bin.count += count;
    bin.failed += failed;
    for (const latency of latencies) {
      if (bin.latencies.length < MOST_LATENCIES) bin.latencies.push(latency);
      else bin.latencies[bin.count % MOST_LATENCIES] = latency;
    }
  }

  #batches(event: Extract<EmulatorEvent, { type: 'model.statistics' }>): void {
    const key = `${event.model} ${event.version}`;
    const { inferenceCount: inferences, executionCount: executions } = event;
    const before = this.#totals.get(key) ?? { inferences: 0, executions: 0 };
    this.#totals.set(key, { inferences, executions });
    // The totals begin again when a version is loaded again.
    const isAgain = executions < before.executions;
    const bin = this.#binOf(event.time);
    if (!bin) return;
    bin.inferences += isAgain ? inferences : inferences - before.inferences;
    bin.executions += isAgain ? executions : executions - before.executions;
  }

  #at(second: number): Bin | undefined {
    const bin = this.#bins[second % WINDOW_SECONDS];
    return bin?.second === second ? bin : undefined;
  }

  /** Undefined for a time that is older than what its place holds now. */
  #binOf(time: string): Bin | undefined {
    const second = Math.floor(Date.parse(time) / 1_000);
    const place = second % WINDOW_SECONDS;
    const known = this.#bins[place];
    if (known && known.second >= second) return known.second === second ? known : undefined;
    const bin = { second, count: 0, failed: 0, latencies: [], inferences: 0, executions: 0 };
    this.#bins[place] = bin;
    return bin;
  }
}

function toSecond(bin: Bin | undefined): Second {
  if (!bin) return { count: 0, failed: 0, p50: null, p95: null, batch: null };
  const sorted = [...bin.latencies].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  return {
    count: bin.count,
    failed: bin.failed,
    p50: at(0.5),
    p95: at(0.95),
    batch: bin.executions > 0 ? bin.inferences / bin.executions : null,
  };
}
