import type { Cancellation } from '../cancellation.ts';
import type { Answer, ScheduledRequest } from './scheduled-request.ts';

/** What decides when the requests of a model version run. */
export interface RequestScheduler {
  /** Requests that wait or run. */
  readonly pending: number;
  /** Of these, those that do not run yet. */
  readonly waiting: number;
  /** @throws KServeError when the queue refuses it, its time is over, it is cancelled, or the model fails */
  schedule(request: ScheduledRequest, cancellation: Cancellation | undefined): Promise<Answer>;
  /** Resolves once nothing waits or runs; what comes later is refused. */
  drain(): Promise<void>;
}
