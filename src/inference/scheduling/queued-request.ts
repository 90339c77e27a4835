import type { Answer, ExecutedRequest } from './scheduled-request.ts';

/** A request in a model's queue. */
export interface QueuedRequest extends ExecutedRequest {
  /** 1 is served first. */
  readonly priority: number;
  /** When its time in queues began, in the time of `performance.now()`. */
  readonly arrivedAt: number;
  /** When it entered this queue. */
  readonly enqueuedAt: number;
  /** When its time in the queue ends; Infinity for never. */
  readonly deadline: number;
  /** Fills the slot of a sequence without a request in a batch (Triton's null request); no caller waits for it. */
  readonly isNull?: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}
