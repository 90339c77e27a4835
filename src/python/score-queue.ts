import { requestMemoryLimit } from '../base/index.ts';
import type { ScoreJob } from './score-job.ts';

/** The maximum number of queued requests. */
const MAX_QUEUED = 10_000;

/** Requests waiting for a worker, in order of arrival, limited by their number and by the bytes of their bodies. */
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

  /** Whether the queue has room; an empty queue accepts one body of any size. */
  takes({ byteLength }: Uint8Array): boolean {
    return this.size === 0 || (this.size < MAX_QUEUED && this.#bytes + byteLength <= this.#maxBytes);
  }

  add(job: ScoreJob): void {
    this.#jobs.add(job);
    this.#bytes += job.request.body.byteLength;
  }

  /** Returns whether the request was queued. */
  delete(job: ScoreJob): boolean {
    if (!this.#jobs.delete(job)) return false;
    this.#bytes -= job.request.body.byteLength;
    return true;
  }

  /** Removes and returns the request that has waited longest. */
  shift(): ScoreJob | undefined {
    const [first] = this.#jobs;
    if (first) this.delete(first);
    return first;
  }

  [Symbol.iterator](): Iterator<ScoreJob> {
    return this.#jobs.values();
  }
}
