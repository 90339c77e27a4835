import { collectSoon, requestMemoryLimit } from '../base/index.ts';
import { unavailable } from '../kserve/index.ts';

/** Counts the bytes that requests hold from arrival to answer, whether they run or wait. */
export class HeldBytes {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number = requestMemoryLimit()) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** @throws KServeError 503 if all requests together would hold too much; a single request is always accepted. */
  add(bytes: number): void {
    if (this.#held > 0 && this.#held + bytes > this.#limit)
      throw unavailable(
        `requests that run or wait hold ${this.#held} bytes, and no more than ${this.#limit} are taken at once; try again`,
      );
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
    collectSoon(bytes);
  }
}
