import { totalmem } from 'node:os';
import { unavailable } from '../../kserve/index.ts';

/** Requests may hold a quarter of the memory that this process may use, but at least this much. */
const LEAST_BYTES = 512 * 1024 * 1024;

/** Counts the bytes that requests hold, from their arrival until they are answered, whether they run or wait. */
export class HeldBytes {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number = standardLimit()) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** @throws KServeError 503 where all requests together would hold too much; one alone is always let in. */
  add(bytes: number): void {
    if (this.#held > 0 && this.#held + bytes > this.#limit)
      throw unavailable(
        `requests that run or wait hold ${this.#held} bytes, and no more than ${this.#limit} are taken at once; try again`,
      );
    this.#held += bytes;
  }

  release(bytes: number): void {
    this.#held -= bytes;
  }
}

function standardLimit(): number {
  const allowed = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  // Without a limit the answer is 0, or larger than any memory.
  const memory = allowed > 0 && allowed < total ? allowed : total;
  return Math.max(LEAST_BYTES, Math.floor(memory / 4));
}
