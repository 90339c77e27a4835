/** How often something may happen: `burst` times at once, and then `perSecond` times a second. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #countedAt = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  /** Counts one. Returns false if that is too many. */
  take(): boolean {
    if (this.#left < 1) this.#refill();
    this.#left -= 1;
    return this.#left >= 0;
  }

  #refill(): void {
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#burst, Math.max(0, this.#left) + earned);
    this.#countedAt = now;
  }
}
