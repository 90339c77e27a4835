import { KServeError, requestPrefix, unavailable } from '../../kserve/index.ts';
import type { ModelConfig } from '../../repository/index.ts';
import type { Cancellation } from '../cancellation.ts';
import type { LoadedVersion } from '../loaded-version.ts';
import { signatureOf } from '../model-signature.ts';
import type { RequestScheduler } from '../scheduling/request-scheduler.ts';
import type { Answer, ScheduledRequest } from '../scheduling/scheduled-request.ts';
import type { ModelStatistics } from '../statistics.ts';
import { type BoundStep, EnsembleRun } from './ensemble-run.ts';

/** Finds the members of ensembles. */
export interface EnsembleMembers {
  /** A version that serves. @param version -1 leaves the choice to the policy @throws KServeError */
  member(model: string, version: number): LoadedVersion;
}

/** Takes the requests of an ensemble through its steps. */
export class EnsembleScheduler implements RequestScheduler {
  readonly #config: ModelConfig;
  readonly #members: EnsembleMembers;
  readonly #statistics: ModelStatistics;
  #running = 0;
  #stopped = false;
  #onIdle: (() => void) | undefined;

  constructor(config: ModelConfig, members: EnsembleMembers, statistics: ModelStatistics) {
    this.#config = config;
    this.#members = members;
    this.#statistics = statistics;
  }

  get pending(): number {
    return this.#running;
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
    const steps = this.#bind();
    this.#running += 1;
    try {
      const run = new EnsembleRun({
        signature: signatureOf(this.#config),
        steps,
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
      this.#statistics.failure((performance.now() - began) * 1e6);
      throw error;
    } finally {
      if (cancellation) cancellation.cancel = undefined;
      for (const { member } of steps) member.release();
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

  /** Every step gets the version that serves now and keeps it, whatever is loaded meanwhile. */
  #bind(): readonly BoundStep[] {
    const bound: BoundStep[] = [];
    try {
      for (const step of this.#config.ensemble_scheduling?.step ?? []) {
        const member = this.#members.member(step.model_name, step.model_version);
        member.hold();
        bound.push({ step, member });
      }
    } catch (error) {
      for (const { member } of bound) member.release();
      if (!(error instanceof KServeError)) throw error;
      throw new KServeError(error.code, `in ensemble '${this.#config.name}', ${error.message}`);
    }
    return bound;
  }
}
