import type { InferRequest, KServeError, ParameterValue, Tensor } from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import type { ExecutionTimes } from '../statistics.ts';

/** One response of a model. */
export interface Answer {
  /** In the model's shapes and the order in which the model gave them. */
  readonly outputs: readonly Tensor[];
  readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
  /** All outputs go to the client, whichever it asked for: a cache gives back what an earlier request asked for. */
  readonly holdsAll?: boolean;
}

/** In place of an answer: the model wants the same request once more (an iterative sequence). */
export const RESCHEDULED: Answer = { outputs: [], parameters: undefined };

/** Hears the responses to one request, in order; exactly one is `final`, unless the request fails. */
export type OnResponse<T> = (response: T | KServeError | undefined, final: boolean) => void;

/** Hears the times of an execution that a request was part of, and its own time in the queue. */
export type OnExecuted = (times: ExecutionTimes, queueNs: number) => void;

/** What a scheduler gets to run. */
export interface ScheduledRequest {
  readonly request: InferRequest;
  /** In the shapes the model wants. */
  readonly inputs: readonly Tensor[];
  readonly batchSize: number;
  /** Requests with different keys must not run in one batch. */
  readonly shapeKey: string;
  /**
   * Hears every response of a decoupled model; what was scheduled resolves after the last. Undefined with `final` where
   * only the end is told.
   */
  readonly onResponse: OnResponse<Answer> | undefined;
  /** Hears what its execution took, before it is answered. */
  readonly onExecuted: OnExecuted | undefined;
}

/** A request that an instance runs. */
export interface ExecutedRequest extends ScheduledRequest {
  /** How its caller takes it back. */
  readonly cancellation: Cancellation | undefined;
}
