import { KServeError } from '../../kserve/index.ts';
import type { BatchResult, ModelInstance } from '../backends/backend.ts';
import type { FailureReason, ModelStatistics } from '../statistics.ts';
import type { QueuedRequest } from './queued-request.ts';
import type { Answer } from './scheduled-request.ts';

/** Runs batches on instances, answers their requests and counts both. */
export class BatchRunner {
  readonly #statistics: ModelStatistics;

  constructor(statistics: ModelStatistics) {
    this.#statistics = statistics;
  }

  /**
   * Runs one batch. Resolves when the instance is free again, with a promise for each request that is answered later;
   * none of them rejects.
   * @param start when the batch left the queue, in the time of `performance.now()`
   * @param before what must be answered first
   */
  async run(
    instance: ModelInstance,
    requests: readonly QueuedRequest[],
    start: number,
    before?: Promise<void>,
  ): Promise<readonly Promise<void>[]> {
    let batchSize = 0;
    let inferences = 0;
    for (const request of requests) {
      batchSize += request.batchSize;
      if (!request.isNull) inferences += request.batchSize;
    }
    try {
      const result = await instance.execute(requests, batchSize);
      if (before) await before;
      // If a whole batch fails, Triton counts its execution but none of its inferences.
      if (result.failure !== 'lost')
        this.#statistics.execution(batchSize, result, result.failure ? 0 : inferences);
      return this.#answer(requests, result, start, batchSize);
    } catch (error) {
      if (before) await before;
      this.fail(requests, error);
      return [];
    }
  }

  /** Answers requests with an error and counts them as failed. */
  fail(requests: readonly QueuedRequest[], error: unknown, reason: FailureReason = 'BACKEND'): void {
    const now = performance.now();
    for (const request of requests) {
      if (request.isNull) continue;
      this.#statistics.failure((now - request.arrivedAt) * 1e6, reason);
      request.reject(error);
    }
  }

  #answer(
    requests: readonly QueuedRequest[],
    result: BatchResult,
    start: number,
    batchSize: number,
  ): readonly Promise<void>[] {
    const now = performance.now();
    const later: Promise<void>[] = [];
    for (let index = 0; index < requests.length; index += 1) {
      const request = requests[index];
      const outcome = result.outcomes[index];
      if (!request || !outcome || request.isNull) continue;
      const queueNs = (start - request.arrivedAt) * 1e6;
      request.onExecuted?.(result, queueNs, batchSize);
      if (outcome instanceof Promise) {
        later.push(
          outcome.then(
            (answer) => {
              const totalNs = (performance.now() - request.arrivedAt) * 1e6;
              if (result.failure) this.#statistics.failure(totalNs, 'BACKEND');
              else this.#statistics.success(totalNs, queueNs, result);
              request.resolve(answer ?? NOTHING);
            },
            (error: unknown) => this.fail([request], error),
          ),
        );
        continue;
      }
      if (result.failure) {
        this.fail([request], outcome);
        continue;
      }
      // An error that a model answers with counts as a success in Triton's statistics.
      this.#statistics.success((now - request.arrivedAt) * 1e6, queueNs, result);
      if (outcome instanceof KServeError) request.reject(outcome);
      else request.resolve(outcome);
    }
    return later;
  }
}

const NOTHING: Answer = { outputs: [], parameters: undefined };
