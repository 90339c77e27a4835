import { type InferRequest, requestPrefix, unavailable } from '../../kserve/index.ts';
import type { ModelDynamicBatching, ModelQueuePolicy } from '../../repository/index.ts';
import type { Cancellation } from '../cancellation.ts';
import type { QueuedRequest } from './queued-request.ts';
import type { ScheduledRequest } from './scheduled-request.ts';

/** Priorities, limits and timeouts of a dynamic batcher's queue; without a policy, requests wait without limit. */
export class QueuePolicies {
  readonly #levels: number;
  readonly #defaultLevel: number;
  readonly #defaultPolicy: ModelQueuePolicy | undefined;
  readonly #policies: Readonly<Record<string, ModelQueuePolicy>>;
  #timed = false;

  constructor(batching: ModelDynamicBatching | undefined) {
    this.#levels = batching?.priority_levels ?? 0;
    this.#defaultLevel = batching?.default_priority_level ?? 0;
    this.#defaultPolicy = batching?.default_queue_policy;
    this.#policies = batching?.priority_queue_policy ?? {};
  }

  /** @throws KServeError if the queue of its level is full */
  refuseFull(request: InferRequest, waiting: readonly QueuedRequest[]): void {
    const level = this.#level(request);
    const limit = this.#policy(level)?.max_queue_size ?? 0;
    if (limit > 0 && waiting.filter(({ priority }) => priority === level).length >= limit)
      throw unavailable(`${requestPrefix(request.id)}Exceeds maximum queue size`);
  }

  admit(
    { request, inputs, batchSize, shapeKey, onResponse, onExecuted }: ScheduledRequest,
    cancellation: Cancellation | undefined,
    arrivedAt: number,
    { resolve, reject }: Pick<QueuedRequest, 'resolve' | 'reject'>,
  ): QueuedRequest {
    const enqueuedAt = performance.now();
    const priority = this.#level(request);
    const deadline = enqueuedAt + timeoutMs(this.#policy(priority), request.timeout);
    if (Number.isFinite(deadline)) this.#timed = true;
    return {
      request,
      inputs,
      batchSize,
      shapeKey,
      onResponse,
      onExecuted,
      cancellation,
      priority,
      arrivedAt,
      enqueuedAt,
      deadline,
      resolve,
      reject,
    };
  }

  /** After all requests of its level, before lower levels. */
  insert(waiting: QueuedRequest[], request: QueuedRequest): void {
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1]?.priority ?? 0) > request.priority) at -= 1;
    if (at === waiting.length) waiting.push(request);
    else waiting.splice(at, 0, request);
  }

  /**
   * The requests that may still run, in order, and those that are too late; late ones may instead move behind the
   * others.
   */
  sortOut(waiting: QueuedRequest[], now: number): { waiting: QueuedRequest[]; late: QueuedRequest[] } {
    if (!this.#timed) return { waiting, late: [] };
    const inTime: QueuedRequest[] = [];
    const delayed: QueuedRequest[] = [];
    const late: QueuedRequest[] = [];
    for (const request of waiting) {
      if (now < request.deadline) inTime.push(request);
      else if (this.#delays(request.priority)) delayed.push(request);
      else late.push(request);
    }
    return { waiting: [...inTime, ...delayed], late };
  }

  #delays(priority: number): boolean {
    return this.#policy(priority)?.timeout_action === 'DELAY';
  }

  #level({ priority }: InferRequest): number {
    return priority === 0 || priority > this.#levels ? this.#defaultLevel : priority;
  }

  #policy(level: number): ModelQueuePolicy | undefined {
    return this.#policies[String(level)] ?? this.#defaultPolicy;
  }
}

/** A request may only shorten a default that exists and may be overridden. */
function timeoutMs(policy: ModelQueuePolicy | undefined, asked: number): number {
  const standard = policy?.default_timeout_microseconds ?? 0;
  if (standard === 0) return Number.POSITIVE_INFINITY;
  const own = policy?.allow_timeout_override && asked > 0 && asked < standard ? asked : standard;
  return own / 1_000;
}
