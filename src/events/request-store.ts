import { type Clock, systemClock } from '../base/index.ts';
import type { EventOf } from './event.ts';

/** A request as it was answered, by the scoring service or on Triton's own port. */
export interface RequestEntry {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly totalMs: number;
}

export interface RequestFigures {
  /** All requests since the start. */
  readonly total: number;
  /** Those answered with status 400 or above. */
  readonly failed: number;
  /** Answers per second over the last ten seconds. */
  readonly perSecond: number;
  /** Milliseconds from request to answer, over the requests held; null before the first. */
  readonly p50: number | null;
  readonly p95: number | null;
}

const WINDOW_SECONDS = 10;

/** The newest requests to both ports, and statistics about them. Appending takes constant time. */
export class RequestStore {
  readonly #capacity: number;
  readonly #clock: Clock;
  readonly #entries: RequestEntry[] = [];
  readonly #bySecond = new Array<number>(WINDOW_SECONDS).fill(0);
  readonly #startedAt: number;
  #second: number;
  #total = 0;
  /** How many were listed. */
  #held = 0;
  #failed = 0;

  constructor(capacity = 500, clock: Clock = systemClock) {
    this.#capacity = capacity;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#second = Math.floor(this.#startedAt / 1_000);
  }

  /** How many there were; also the version of this store's content. */
  get total(): number {
    return this.#total;
  }

  append({ time, method, path, status, totalMs }: EventOf<'scoring.request'>): void {
    this.#hold({ time, method, path, status, totalMs });
    this.#count(1, status >= 400 ? 1 : 0);
  }

  /** Adds what Triton's own port answered: all requests count, the sample is listed. */
  appendEngine({ count, failed, sample }: EventOf<'engine.requests'>): void {
    for (const entry of sample) this.#hold(entry);
    this.#count(count, failed);
  }

  #hold(entry: RequestEntry): void {
    this.#entries[this.#held % this.#capacity] = entry;
    this.#held += 1;
  }

  #count(count: number, failed: number): void {
    this.#total += count;
    this.#failed += failed;
    this.#advance();
    const slot = this.#second % WINDOW_SECONDS;
    this.#bySecond[slot] = (this.#bySecond[slot] ?? 0) + count;
  }

  /** At most `count` requests, newest first. */
  newest(count: number): readonly RequestEntry[] {
    const newest: RequestEntry[] = [];
    const held = Math.min(this.#held, this.#capacity, count);
    for (let back = 1; back <= held; back += 1) {
      const entry = this.#entries[(this.#held - back) % this.#capacity];
      if (entry) newest.push(entry);
    }
    return newest;
  }

  figures(): RequestFigures {
    this.#advance();
    const sorted = Float64Array.from(this.#entries, (entry) => entry.totalMs).sort();
    const elapsed = Math.min(WINDOW_SECONDS, Math.max(1, (this.#clock.now() - this.#startedAt) / 1_000));
    const recent = this.#bySecond.reduce((sum, count) => sum + count, 0);
    return {
      total: this.#total,
      failed: this.#failed,
      perSecond: recent / elapsed,
      p50: percentile(sorted, 0.5),
      p95: percentile(sorted, 0.95),
    };
  }

  #advance(): void {
    const now = Math.floor(this.#clock.now() / 1_000);
    const passed = Math.min(now - this.#second, WINDOW_SECONDS);
    for (let step = 1; step <= passed; step += 1) {
      this.#bySecond[(this.#second + step) % WINDOW_SECONDS] = 0;
    }
    if (passed === WINDOW_SECONDS) this.#bySecond.fill(0);
    this.#second = now;
  }
}

/** The nearest-rank percentile of sorted values. */
function percentile(sorted: Float64Array, share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
}
