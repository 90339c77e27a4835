import { createHash } from 'node:crypto';
import { KServeError, type Tensor } from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import type { ModelStatistics } from '../statistics.ts';
import type { RequestScheduler } from './request-scheduler.ts';
import type { ResponseCache } from './response-cache.ts';
import type { Answer, ScheduledRequest } from './scheduled-request.ts';

let versions = 0;

/**
 * Answers repeated requests without the model, as Triton's response cache does: the names and bytes of the inputs
 * matter, not their shapes or the requested outputs. A failed execution is cached as an answer without outputs.
 */
export class CachingScheduler implements RequestScheduler {
  readonly #scheduler: RequestScheduler;
  readonly #cache: ResponseCache;
  readonly #statistics: ModelStatistics;
  readonly #keys = new Set<string>();
  /** Identifies this loaded version, so that no answer outlives a reload. */
  readonly #version: number;

  constructor(scheduler: RequestScheduler, cache: ResponseCache, statistics: ModelStatistics) {
    this.#scheduler = scheduler;
    this.#cache = cache;
    this.#statistics = statistics;
    versions += 1;
    this.#version = versions;
  }

  get pending(): number {
    return this.#scheduler.pending;
  }

  get waiting(): number {
    return this.#scheduler.waiting;
  }

  schedule(scheduled: ScheduledRequest, cancellation: Cancellation | undefined): Promise<Answer> {
    const began = performance.now();
    const key = this.#key(scheduled.inputs);
    const hit = this.#cache.get(key);
    const lookupNs = (performance.now() - began) * 1e6;
    if (hit) {
      this.#statistics.cacheHit(lookupNs);
      return Promise.resolve({ ...hit, holdsAll: true });
    }
    let executed = false;
    const asked: ScheduledRequest = {
      ...scheduled,
      onExecuted: (times, queueNs, batchSize) => {
        executed = true;
        scheduled.onExecuted?.(times, queueNs, batchSize);
      },
    };
    const keep = (answer: Answer) => {
      const start = performance.now();
      if (!this.#cache.add(key, answer)) return;
      this.#keys.add(key);
      this.#statistics.cacheMiss(lookupNs + (performance.now() - start) * 1e6);
    };
    return this.#scheduler.schedule(asked, cancellation).then(
      (answer) => {
        keep(onlyAsked(answer, scheduled));
        return answer;
      },
      (error: unknown) => {
        if (executed || !isFromQueue(error)) keep({ outputs: [], parameters: undefined });
        throw error;
      },
    );
  }

  async drain(): Promise<void> {
    await this.#scheduler.drain();
    for (const key of this.#keys) this.#cache.delete(key);
  }

  #key(inputs: readonly Tensor[]): string {
    const hash = createHash('sha256');
    for (const { name, data } of [...inputs].sort((a, b) => (a.name < b.name ? -1 : 1)))
      hash.update(`${name.length}:${name}${data.byteLength}:`).update(data);
    return `${this.#version}:${hash.digest('base64')}`;
  }
}

/** Whether a request ended before it ran. */
function isFromQueue(error: unknown): boolean {
  return error instanceof KServeError && (error.code === 'Unavailable' || error.code === 'Cancelled');
}

/** A backend may compute more outputs than requested, unlike Triton's. */
function onlyAsked({ outputs, parameters }: Answer, { request }: ScheduledRequest): Answer {
  const isAsked = (name: string) => request.outputs.some((output) => output.name === name);
  return {
    outputs: request.outputs.length > 0 ? outputs.filter(({ name }) => isAsked(name)) : outputs,
    parameters,
  };
}
