import type { Cancellation } from '../cancellation.ts';
import type { Answer, ScheduledRequest } from './scheduled-request.ts';

/** Decides when the requests of a model version run. */
export interface RequestScheduler {
  /** Requests that wait or run. */
  readonly pending: number;
  /** Of these, those that do not run yet. */
  readonly waiting: number;
  /** @throws KServeError if the queue refuses it, it times out, it is cancelled, or the model fails */
  schedule(request: ScheduledRequest, cancellation: Cancellation | undefined): Promise<Answer>;
  /** Resolves once nothing waits or runs; later requests are refused. */
  drain(): Promise<void>;
}
