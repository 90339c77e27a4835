import type { SequencePosition, Tensor } from '../../../kserve/index.ts';
import type { QueuedRequest } from '../queued-request.ts';

/** The correlation id of a sequence. Numbers and strings never name the same one. */
export type SequenceId = SequencePosition['id'];

/** A request of a sequence in a slot or in the backlog. */
export interface SequenceRequest extends QueuedRequest {
  /** As the model is told; an iterative sequence assigns ids and flags of its own. */
  readonly sequence: SequencePosition;
  /** Its caller has gone. */
  isCancelled: boolean;
}

/** A place for one sequence at a time on one instance of a model. */
export interface SequenceSlot {
  /** Where in its instance's batches the sequence stands. */
  readonly index: number;
  readonly batcher: SlotBatcher;
  /** What waits, in order; `undefined` marks the end of a sequence that was idle for too long. */
  queue: (SequenceRequest | undefined)[];
  /** The implicit state by the name of its input; undefined until the first request of a sequence. */
  states: ReadonlyMap<string, Tensor> | undefined;
}

/** Runs what stands in the slots of one instance. */
export interface SlotBatcher {
  readonly slots: readonly SequenceSlot[];
  /** Requests that have left their slots, but do not run yet. */
  readonly waiting: number;
  /** Something new stands in the slot's queue. */
  wake(slot: SequenceSlot): void;
}

/** What a batcher reports to the scheduler that assigns sequences to its slots. */
export interface SlotOwner {
  /**
   * The sequence in the slot has ended: what is left in its queue is cancelled, and the next sequence of the backlog
   * takes its place.
   */
  release(slot: SequenceSlot): void;
}
