import type { InferRequest, KServeError, ParameterValue, Tensor } from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import type { ExecutionTimes } from '../statistics.ts';

/** One response of a model. */
export interface Answer {
  /** In the model's shapes, in the order in which the model returned them. */
  readonly outputs: readonly Tensor[];
  readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
  /** The client gets all outputs, whichever it requested: a cache returns those that an earlier request named. */
  readonly holdsAll?: boolean;
}

/** Instead of an answer: the model requests the same request again (an iterative sequence). */
export const RESCHEDULED: Answer = { outputs: [], parameters: undefined };

/** Receives the responses to one request, in order; exactly one is `final`, unless the request fails. */
export type OnResponse<T> = (response: T | KServeError | undefined, final: boolean) => void;

/**
 * Receives the times of an execution that a request was part of, the request's time in the queue, and the size of the
 * batch that was run.
 */
export type OnExecuted = (times: ExecutionTimes, queueNs: number, batchSize: number) => void;

/** A request as a scheduler receives it. */
export interface ScheduledRequest {
  readonly request: InferRequest;
  /** In the model's shapes. */
  readonly inputs: readonly Tensor[];
  readonly batchSize: number;
  /** Requests with different keys must not run in one batch. */
  readonly shapeKey: string;
  /**
   * Receives every response of a decoupled model; the scheduled promise resolves after the last. Undefined with `final`
   * if only the end is reported.
   */
  readonly onResponse: OnResponse<Answer> | undefined;
  /** Receives the times of its execution, before it is answered. */
  readonly onExecuted: OnExecuted | undefined;
}

/** A request that an instance runs. */
export interface ExecutedRequest extends ScheduledRequest {
  /** How its caller cancels it. */
  readonly cancellation: Cancellation | undefined;
}
