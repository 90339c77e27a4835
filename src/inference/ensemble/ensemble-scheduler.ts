import { requestPrefix, unavailable } from '../../kserve/index.ts';
import type { ModelConfig } from '../../repository/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { type ModelSignature, signatureOf } from '../model-signature.ts';
import type { RequestScheduler } from '../scheduling/request-scheduler.ts';
import type { Answer, ScheduledRequest } from '../scheduling/scheduled-request.ts';
import type { ModelStatistics } from '../statistics.ts';
import type { BoundStep } from './ensemble-check.ts';
import { type PlannedStep, planSteps } from './ensemble-plan.ts';
import { EnsembleRun } from './ensemble-run.ts';

/** Runs the requests of an ensemble through its steps. */
export class EnsembleScheduler implements RequestScheduler {
  readonly #signature: ModelSignature;
  readonly #steps: readonly PlannedStep[];
  readonly #statistics: ModelStatistics;
  #running = 0;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  /** @param steps fixed, whatever is loaded in the meantime, so that no request meets two versions of a model */
  constructor(config: ModelConfig, steps: readonly BoundStep[], statistics: ModelStatistics) {
    this.#signature = signatureOf(config);
    this.#steps = planSteps(steps);
    this.#statistics = statistics;
  }

  get pending(): number {
    return this.#running;
  }

  /** Its steps wait in the queues of their models. */
  get waiting(): number {
    return 0;
  }

  async schedule(scheduled: ScheduledRequest, cancellation: Cancellation | undefined): Promise<Answer> {
    const { id } = scheduled.request;
    if (this.#stopped)
      throw unavailable(
        `${requestPrefix(id)}Server is stopping, scheduler for model has stopped accepting new inference requests`,
      );
    const began = performance.now();
    const times = { computeInputNs: 0, computeInferNs: 0, computeOutputNs: 0 };
    let queueNs = 0;
    this.#running += 1;
    try {
      const run = new EnsembleRun({
        signature: this.#signature,
        steps: this.#steps,
        scheduled,
        onTimes: (of, queued) => {
          times.computeInputNs += of.computeInputNs;
          times.computeInferNs += of.computeInferNs;
          times.computeOutputNs += of.computeOutputNs;
          queueNs += queued;
        },
      });
      if (cancellation) cancellation.cancel = () => run.cancel();
      const answer = await run.run();
      this.#statistics.execution(scheduled.batchSize, times);
      this.#statistics.success((performance.now() - began) * 1e6, queueNs, times);
      return answer;
    } catch (error) {
      // Triton reports the failure of an ensemble twice: with its answer, and when its last step has ended.
      for (let times = 0; times < 2; times += 1)
        this.#statistics.failure((performance.now() - began) * 1e6, 'OTHER');
      throw error;
    } finally {
      if (cancellation) cancellation.cancel = undefined;
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }

  drain(): Promise<void> {
    this.#stopped = true;
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#running === 0) resolve();
    });
  }
}
