import { KServeError, requestPrefix, type Tensor, unavailable } from '../../kserve/index.ts';
import type { ModelConfig } from '../../repository/index.ts';
import type { ModelInstance } from '../backends/backend.ts';
import type { Cancellation } from '../cancellation.ts';
import type { ModelSignature } from '../model-signature.ts';
import type { ModelStatistics } from '../statistics.ts';
import { type BatchRules, planBatch } from './batch-plan.ts';
import { BatchRunner } from './batch-runner.ts';
import { QueuePolicies } from './queue-policy.ts';
import type { QueuedRequest } from './queued-request.ts';
import type { RequestScheduler } from './request-scheduler.ts';
import type { Answer, ScheduledRequest } from './scheduled-request.ts';

/**
 * Passes requests to the instances of one model version: one by one, or merged by the dynamic batcher. Requests that
 * arrive in one turn of the event loop are seen together.
 */
export class Scheduler implements RequestScheduler {
  readonly #idle: ModelInstance[];
  readonly #rules: BatchRules | undefined;
  readonly #policies: QueuePolicies;
  readonly #runner: BatchRunner;
  #waiting: QueuedRequest[] = [];
  #planned = false;
  #timer: NodeJS.Timeout | undefined;
  #running = 0;
  /** With `preserve_ordering`: settles when every earlier answer has been sent. */
  #answered: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;
  #stopped = false;

  constructor(config: ModelConfig, instances: readonly ModelInstance[], statistics: ModelStatistics) {
    this.#idle = [...instances];
    this.#runner = new BatchRunner(statistics);
    this.#policies = new QueuePolicies(config.dynamic_batching);
    if (config.dynamic_batching?.preserve_ordering) this.#answered = Promise.resolve();
    if (config.dynamic_batching && config.max_batch_size > 1)
      this.#rules = {
        maxBatchSize: config.max_batch_size,
        preferred: [...config.dynamic_batching.preferred_batch_size].sort((a, b) => a - b),
        delayMs: config.dynamic_batching.max_queue_delay_microseconds / 1_000,
      };
  }

  get pending(): number {
    return this.#waiting.length + this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * @param arrivedAt when its time in queues began, in the time of `performance.now()`
   * @throws KServeError if the queue refuses it, it times out, it is cancelled, or the model fails
   */
  schedule(
    scheduled: ScheduledRequest,
    cancellation: Cancellation | undefined,
    arrivedAt = performance.now(),
  ): Promise<Answer> {
    if (this.#stopped)
      throw unavailable(
        `${requestPrefix(scheduled.request.id)}Server is stopping, scheduler for model has stopped accepting new inference requests`,
      );
    this.#policies.refuseFull(scheduled.request, this.#waiting);
    return new Promise((resolve, reject) => {
      const queued = this.#policies.admit(scheduled, cancellation, arrivedAt, { resolve, reject });
      if (cancellation) this.#watch(queued, cancellation);
      this.#policies.insert(this.#waiting, queued);
      this.#plan();
    });
  }

  /** Resolves once nothing waits or runs; later requests are refused. */
  drain(): Promise<void> {
    this.#stopped = true;
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#tellIdle();
    });
  }

  #watch(queued: QueuedRequest, cancellation: Cancellation): void {
    cancellation.cancel = () => {
      const at = this.#waiting.indexOf(queued);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      this.#runner.fail([queued], new KServeError('Cancelled', ''), 'CANCELED');
      this.#tellIdle();
    };
  }

  #plan(): void {
    if (this.#planned || this.#idle.length === 0 || this.#waiting.length === 0) return;
    this.#planned = true;
    setImmediate(() => this.#dispatch());
  }

  #dispatch(): void {
    this.#planned = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let instance = this.#idle.shift(); instance; instance = this.#idle.shift()) {
      const now = performance.now();
      const { waiting, late } = this.#policies.sortOut(this.#waiting, now);
      this.#waiting = waiting;
      if (late.length > 0) this.#runner.fail(late, unavailable('Request timeout expired'), 'REJECTED');
      const { take, lookAgainAt } = this.#rules
        ? planBatch(this.#waiting, this.#rules, now)
        : { take: Math.min(1, this.#waiting.length), lookAgainAt: Number.POSITIVE_INFINITY };
      if (take === 0) {
        this.#idle.unshift(instance);
        if (Number.isFinite(lookAgainAt)) this.#lookAgainIn(lookAgainAt - now);
        break;
      }
      this.#running += take;
      const execution = this.#execute(instance, this.#waiting.splice(0, take), now, this.#answered);
      if (this.#answered) this.#answered = execution;
    }
    this.#tellIdle();
  }

  /**
   * Queue delays are in microseconds; Node's timers count milliseconds and round up. So whole milliseconds are slept,
   * and the rest is spent in turns of the event loop, in which further requests for the batch can arrive.
   */
  #lookAgainIn(milliseconds: number): void {
    if (milliseconds < 1) this.#plan();
    else this.#timer = setTimeout(() => this.#dispatch(), Math.floor(milliseconds));
  }

  async #execute(
    instance: ModelInstance,
    requests: readonly QueuedRequest[],
    start: number,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const open = await this.#runner.run(instance, requests, start, before);
    if (open.length > 0) this.#finishLater(open, requests.length);
    else this.#running -= requests.length;
    // The instance that was just used goes first again: its thread and caches are warm.
    this.#idle.unshift(instance);
    this.#plan();
    this.#tellIdle();
  }

  /** Requests of decoupled models whose responses continue; the instance itself is free again. */
  #finishLater(open: readonly Promise<void>[], count: number): void {
    void Promise.all(open).finally(() => {
      this.#running -= count;
      this.#tellIdle();
    });
  }

  #tellIdle(): void {
    if (this.pending === 0) this.#onIdle?.();
  }
}

/**
 * Requests with equal keys may run together: the same inputs, in the same shapes unless they are ragged. Constant if
 * the model allows no variation.
 */
export function shapeKeyOf(
  inputs: readonly Tensor[],
  { varies, maxBatchSize, inputs: declared }: ModelSignature,
): string {
  if (!varies) return '';
  let key = '';
  for (const { name, shape } of inputs) {
    if (declared.get(name)?.ragged) key += `${name};`;
    else key += `${name}:${maxBatchSize > 0 ? shape.slice(1) : shape};`;
  }
  return key;
}
