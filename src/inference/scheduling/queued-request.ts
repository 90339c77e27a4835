import type { Answer, ExecutedRequest } from './scheduled-request.ts';

/** A request in a model's queue. */
export interface QueuedRequest extends ExecutedRequest {
  /** 1 is served first. */
  readonly priority: number;
  /** When it came, as `performance.now()` counts. */
  readonly enqueuedAt: number;
  /** When its time in the queue is over; Infinity for never. */
  readonly deadline: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
