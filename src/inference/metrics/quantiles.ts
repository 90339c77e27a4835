/** A quantile between 0 and 1, and by how much its rank may be wrong. */
export interface Quantile {
  readonly quantile: number;
  readonly error: number;
}

/** Of Triton's summaries. */
const WINDOW_MS = 60_000;
const PARTS = 5;
const BUFFERED = 500;

/**
 * Quantiles of the values of the last minute. Each of five estimators takes every value; the oldest answers, and starts anew
 * every 12 seconds, so that values of 48 to 60 seconds count.
 */
export class RecentQuantiles {
  readonly #quantiles: readonly Quantile[];
  readonly #estimators: QuantileEstimator[];
  #rotateAt: number;

  /** @param now in milliseconds, of a clock that only rises */
  constructor(quantiles: readonly Quantile[], now: number) {
    this.#quantiles = quantiles;
    this.#estimators = Array.from({ length: PARTS }, () => new QuantileEstimator(quantiles));
    this.#rotateAt = now + WINDOW_MS / PARTS;
  }

  add(value: number, now: number): void {
    this.#rotate(now);
    for (const estimator of this.#estimators) estimator.add(value);
  }

  /** @returns NaN if there was no value */
  get(quantile: number, now: number): number {
    this.#rotate(now);
    return this.#estimators[0]?.get(quantile) ?? Number.NaN;
  }

  #rotate(now: number): void {
    for (let turn = 0; now > this.#rotateAt && turn < PARTS; turn += 1) {
      this.#estimators.shift();
      this.#estimators.push(new QuantileEstimator(this.#quantiles));
      this.#rotateAt += WINDOW_MS / PARTS;
    }
    if (now > this.#rotateAt) this.#rotateAt = now + WINDOW_MS / PARTS;
  }
}

/** A kept value that stands for `gap` values up to it; its rank is known to `delta`. */
interface Kept {
  readonly value: number;
  gap: number;
  readonly delta: number;
}

/**
 * Targeted quantiles over a stream (Cormode, Korn, Muthukrishnan, Srivastava 2005, "Effective Computation of Biased
 * Quantiles over Data Streams"): keeps few values, more of them near the quantiles that are wanted.
 */
export class QuantileEstimator {
  readonly #quantiles: readonly Quantile[];
  #kept: Kept[] = [];
  #buffer: number[] = [];
  #count = 0;

  constructor(quantiles: readonly Quantile[]) {
    this.#quantiles = quantiles;
  }

  add(value: number): void {
    this.#buffer.push(value);
    if (this.#buffer.length >= BUFFERED) this.#flush();
  }

  get(quantile: number): number {
    this.#flush();
    const wanted = Math.ceil(quantile * this.#count);
    const bound = wanted + this.#allowedError(wanted) / 2;
    let rank = 0;
    let before: Kept | undefined;
    for (const kept of this.#kept) {
      if (before) {
        rank += before.gap;
        if (rank + kept.gap + kept.delta > bound) return before.value;
      }
      before = kept;
    }
    return before?.value ?? Number.NaN;
  }

  #flush(): void {
    if (this.#buffer.length === 0) return;
    const values = this.#buffer.sort((a, b) => a - b);
    this.#buffer = [];
    const merged: Kept[] = [];
    let at = 0;
    for (const value of values) {
      for (let next = this.#kept[at]; next && next.value <= value; next = this.#kept[at]) {
        merged.push(next);
        at += 1;
      }
      const isOutermost = merged.length === 0 || at === this.#kept.length;
      const delta = isOutermost ? 0 : Math.max(0, Math.floor(this.#allowedError(merged.length)) - 1);
      merged.push({ value, gap: 1, delta });
    }
    this.#kept = [...merged, ...this.#kept.slice(at)];
    this.#count += values.length;
    this.#compress();
  }

  /** Joins neighbours while the rank of what is left stays as certain as it must be. */
  #compress(): void {
    const joined: Kept[] = [];
    let rank = 0;
    for (const [index, kept] of this.#kept.entries()) {
      const before = joined.at(-1);
      // The smallest and the largest value stay.
      const mayJoin = before && joined.length > 1 && index < this.#kept.length - 1;
      if (mayJoin && before.gap + kept.gap + kept.delta <= this.#allowedError(rank)) {
        joined[joined.length - 1] = { ...kept, gap: kept.gap + before.gap };
      } else {
        joined.push({ ...kept });
      }
      rank += kept.gap;
    }
    this.#kept = joined;
  }

  #allowedError(rank: number): number {
    const count = this.#count;
    let least = count + 1;
    for (const { quantile, error } of this.#quantiles) {
      const allowed =
        rank >= quantile * count
          ? (2 * error * rank) / quantile
          : (2 * error * (count - rank)) / (1 - quantile);
      least = Math.min(least, allowed);
    }
    return least;
  }
}
