import type { Answer, ExecutedRequest } from './scheduled-request.ts';

/** A request in a model's queue. */
export interface QueuedRequest extends ExecutedRequest {
  /** 1 is served first. */
  readonly priority: number;
  /** When its time in queues began, as `performance.now()` counts. */
  readonly arrivedAt: number;
  /** When it came into this queue. */
  readonly enqueuedAt: number;
  /** When its time in the queue is over; Infinity for never. */
  readonly deadline: number;
  /** Keeps the place of a sequence that has nothing to run in a batch (Triton's null request); nobody waits for it. */
  readonly isNull?: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
