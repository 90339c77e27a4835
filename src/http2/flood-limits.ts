import { ConnectionError } from './connection-error.ts';
import { ErrorCode } from './error-code.ts';

/** What a client may do so often at most that costs the server more than the client. */
export class FloodLimits {
  /** Streams that the client gives up: their requests have begun. */
  readonly #resets = new Allowance(1_000, 100);
  /** A change of the window is one for every stream. */
  readonly #settings = new Allowance(1_000, 100);
  /** Frames that carry nothing. */
  readonly #idleFrames = new Allowance(10_000, 1_000);

  /** @throws ConnectionError if there are too many, as do the others */
  countReset(): void {
    this.#resets.take();
  }

  countSettings(): void {
    this.#settings.take();
  }

  countIdleFrame(): void {
    this.#idleFrames.take();
  }
}

/** `burst` times at once, and then `perSecond` times a second. */
class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #countedAt = performance.now();

  constructor(burst: number, perSecond: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
  }

  take(): void {
    if (this.#left < 1) this.#refill();
    if (this.#left < 1) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'a flood of frames');
    this.#left -= 1;
  }

  #refill(): void {
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + earned);
    this.#countedAt = now;
  }
}
