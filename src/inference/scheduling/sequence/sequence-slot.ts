import type { SequencePosition, Tensor } from '../../../kserve/index.ts';
import type { QueuedRequest } from '../queued-request.ts';

/** The correlation id of a sequence. A number and a string never identify the same sequence. */
export type SequenceId = SequencePosition['id'];

/** A request of a sequence in a slot or in the backlog. */
export interface SequenceRequest extends QueuedRequest {
  /** As the model sees it; an iterative sequence assigns its own ids and flags. */
  readonly sequence: SequencePosition;
  /** Its caller has disconnected. */
  isCancelled: boolean;
}

/** A place for one sequence at a time on one instance of a model. */
export interface SequenceSlot {
  /** The position of the sequence in its instance's batches. */
  readonly index: number;
  readonly batcher: SlotBatcher;
  /** Waiting requests, in order; `undefined` marks the end of a sequence that was idle for too long. */
  queue: (SequenceRequest | undefined)[];
  /** The implicit state by the name of its input; undefined until the first request of a sequence. */
  states: ReadonlyMap<string, Tensor> | undefined;
}

/** Runs the requests in the slots of one instance. */
export interface SlotBatcher {
  readonly slots: readonly SequenceSlot[];
  /** Requests that have left their slots, but do not run yet. */
  readonly waiting: number;
  /** The slot's queue has a new entry. */
  wake(slot: SequenceSlot): void;
}

/** What a batcher reports to the scheduler that assigns sequences to its slots. */
export interface SlotOwner {
  /**
   * The sequence in the slot has ended: the rest of its queue is cancelled, and the next sequence of the backlog takes
   * the slot.
   */
  release(slot: SequenceSlot): void;
}
