import { requestMemoryLimit } from '../base/index.ts';
import type { ScoreJob } from './score-job.ts';

/** Requests that may wait. */
const MAX_QUEUED = 10_000;

/** Requests that wait for a worker, in the order they came; limited by their number and by the bytes of their bodies. */
export class ScoreQueue implements Iterable<ScoreJob> {
  readonly #jobs = new Set<ScoreJob>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = requestMemoryLimit()) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#jobs.size;
  }

  /** Whether there is room; an empty queue takes one body of any size. */
  takes({ byteLength }: Uint8Array): boolean {
    return this.size === 0 || (this.size < MAX_QUEUED && this.#bytes + byteLength <= this.#maxBytes);
  }

  add(job: ScoreJob): void {
    this.#jobs.add(job);
    this.#bytes += job.request.body.byteLength;
  }

  /** Whether it was waiting. */
  delete(job: ScoreJob): boolean {
    if (!this.#jobs.delete(job)) return false;
    this.#bytes -= job.request.body.byteLength;
    return true;
  }

  /** Takes the one that has waited longest. */
  shift(): ScoreJob | undefined {
    const [first] = this.#jobs;
    if (first) this.delete(first);
    return first;
  }

  [Symbol.iterator](): Iterator<ScoreJob> {
    return this.#jobs.values();
  }
}
