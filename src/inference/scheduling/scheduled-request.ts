import type { Tensor } from '../../kserve/index.ts';

/** What a scheduler gets to run. */
export interface ScheduledRequest {
  readonly id: string;
  readonly inputs: readonly Tensor[];
  readonly batchSize: number;
  readonly shapeKey: string;
  /** 0 asks for the model's default. */
  readonly priority: number;
  /** Microseconds; 0 for none. */
  readonly timeout: number;
}
