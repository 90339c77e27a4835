import type { Tensor } from '../../kserve/index.ts';

/** A request in a model's queue. */
export interface QueuedRequest {
  readonly id: string;
  readonly inputs: readonly Tensor[];
  readonly batchSize: number;
  /** Requests with different keys must not run in one batch. */
  readonly shapeKey: string;
  /** 1 is served first. */
  readonly priority: number;
  /** When it came, as `performance.now()` counts. */
  readonly enqueuedAt: number;
  /** When its time in the queue is over; Infinity for never. */
  readonly deadline: number;
  readonly resolve: (outputs: readonly Tensor[]) => void;
  readonly reject: (error: unknown) => void;
}
