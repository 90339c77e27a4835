import type { InferenceTimes } from '../../events/index.ts';
import type { OnExecuted } from '../scheduling/scheduled-request.ts';

/** The times of one HTTP request, in milliseconds; those of its inference are 0 until the model has run. */
export class MeasuredRequest implements InferenceTimes {
  readonly startedAt = performance.now();
  queueMs = 0;
  runMs = 0;
  batch = 0;

  readonly onExecuted: OnExecuted = (times, queueNs, batchSize) => {
    this.queueMs = queueNs / 1e6;
    this.runMs = (times.computeInputNs + times.computeInferNs + times.computeOutputNs) / 1e6;
    this.batch = batchSize;
  };
}
