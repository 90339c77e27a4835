import { invalidArgument, KServeError, requestPrefix, unavailable } from '../../../kserve/index.ts';
import type { ModelConfig } from '../../../repository/index.ts';
import type { ModelInstance } from '../../backends/backend.ts';
import type { Cancellation } from '../../cancellation.ts';
import type { ModelStatistics } from '../../statistics.ts';
import { BatchRunner } from '../batch-runner.ts';
import type { RequestScheduler } from '../request-scheduler.ts';
import { type Answer, RESCHEDULED, type ScheduledRequest } from '../scheduled-request.ts';
import { Backlog } from './backlog.ts';
import { ControlInputs } from './control-inputs.ts';
import { DirectBatcher } from './direct-batcher.ts';
import { IdleSequences } from './idle-sequences.ts';
import type { ImplicitStates } from './implicit-states.ts';
import { OldestBatcher } from './oldest-batcher.ts';
import { SequenceInputs } from './sequence-inputs.ts';
import type { SequenceId, SequenceRequest, SequenceSlot, SlotBatcher, SlotOwner } from './sequence-slot.ts';

export interface SequenceSchedulerOptions {
  readonly config: ModelConfig;
  readonly instances: readonly ModelInstance[];
  readonly statistics: ModelStatistics;
  readonly states: ImplicitStates;
  /** Whether the backend returns changed states. */
  readonly returnsStates: boolean;
  /** Called for problems that fail no request. */
  readonly warn: (text: string) => void;
}

/**
 * Triton's sequence batcher: gives each sequence a slot of one instance for as long as it lasts, one request at a time,
 * and lets further sequences wait in a backlog.
 */
export class SequenceScheduler implements RequestScheduler, SlotOwner {
  readonly #model: string;
  readonly #isIterative: boolean;
  readonly #statistics: ModelStatistics;
  readonly #runner: BatchRunner;
  readonly #controls: ControlInputs;
  readonly #warn: (text: string) => void;
  readonly #assigned = new Map<SequenceId, SequenceSlot>();
  /** By ascending index, so that batches stay short. */
  readonly #free: SequenceSlot[];
  readonly #slots: readonly SequenceSlot[];
  readonly #batchers: readonly SlotBatcher[];
  readonly #backlog: Backlog;
  readonly #idle: IdleSequences;
  #pending = 0;
  #lastId = 0n;
  #isStopped = false;
  #onDrained: (() => void) | undefined;

  constructor({ config, instances, statistics, states, returnsStates, warn }: SequenceSchedulerOptions) {
    const batching = config.sequence_batching;
    this.#model = config.name;
    this.#isIterative = batching?.iterative_sequence ?? false;
    this.#statistics = statistics;
    this.#runner = new BatchRunner(statistics);
    this.#controls = new ControlInputs(config);
    this.#warn = warn;
    const inputs = new SequenceInputs(this.#controls, states, returnsStates);
    const parts = { statistics, runner: this.#runner, inputs, owner: this };
    this.#batchers = instances.map((instance) =>
      batching?.oldest
        ? new OldestBatcher(config, instance, parts)
        : new DirectBatcher(config, instance, parts),
    );
    this.#slots = this.#batchers.flatMap(({ slots }) => slots);
    this.#free = [...this.#slots].sort((a, b) => a.index - b.index);
    this.#backlog = new Backlog((late) =>
      this.#runner.fail(
        late,
        unavailable('timeout of the corresponding sequence has been expired'),
        'REJECTED',
      ),
    );
    const idleMs = (batching?.max_sequence_idle_microseconds ?? 0) / 1_000;
    this.#idle = new IdleSequences(idleMs, (id) => this.#endIdle(id));
  }

  get pending(): number {
    return this.#pending;
  }

  get waiting(): number {
    let waiting = this.#backlog.size;
    for (const { queue } of this.#slots) for (const request of queue) if (request) waiting += 1;
    for (const batcher of this.#batchers) waiting += batcher.waiting;
    return waiting;
  }

  /** @throws KServeError if it belongs to no sequence, or to one that was not started (E67 to E69 of the catalogue) */
  schedule(scheduled: ScheduledRequest, cancellation: Cancellation | undefined): Promise<Answer> {
    const { request, batchSize } = scheduled;
    if (batchSize > 1)
      throw invalidArgument(
        `inference request to model '${this.#model}' must specify batch-size 1 due to requirements of sequence batcher`,
      );
    const sequence = this.#position(request.sequence);
    this.#controls.check(request.id, sequence);
    if (this.#isStopped && sequence.start)
      throw unavailable(
        `${requestPrefix(request.id)}Server is stopping, scheduler for model has stopped accepting new inference requests`,
      );
    this.#checkStarted(sequence);
    return new Promise((resolve, reject) => {
      this.#pending += 1;
      const arrivedAt = performance.now();
      this.#enqueue({
        ...scheduled,
        cancellation,
        sequence,
        isCancelled: false,
        priority: 0,
        arrivedAt,
        enqueuedAt: arrivedAt,
        deadline: Number.POSITIVE_INFINITY,
        resolve: (answer) => {
          resolve(answer);
          this.#settled();
        },
        reject: (error) => {
          reject(error);
          this.#settled();
        },
      });
    });
  }

  release(slot: SequenceSlot): void {
    const [cancelled] = slot.queue;
    if (cancelled) {
      this.#assigned.delete(cancelled.sequence.id);
      this.#idle.forget(cancelled.sequence.id);
    }
    const left = slot.queue.filter((request) => request !== undefined);
    slot.queue = [];
    this.#cancel(left);
    for (let next = this.#backlog.next(); next; next = this.#backlog.next()) {
      if (next.queue.some(({ isCancelled }) => isCancelled)) {
        this.#cancel(next.queue);
        continue;
      }
      slot.queue = next.queue;
      if (!next.queue.at(-1)?.sequence.end) this.#assigned.set(next.id, slot);
      if (this.#isStopped) this.#endUnreachable();
      return;
    }
    const at = this.#free.findIndex(({ index }) => index > slot.index);
    this.#free.splice(at < 0 ? this.#free.length : at, 0, slot);
  }

  /** Resolves once nothing waits or runs; sequences end, because their next requests go elsewhere. */
  drain(): Promise<void> {
    this.#isStopped = true;
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      this.#endUnreachable();
      this.#whenDrained();
    });
  }

  /** An iterative sequence assigns its own id and start. */
  #position(asked: SequenceRequest['sequence']): SequenceRequest['sequence'] {
    if (asked.id !== 0n && asked.id !== '') return asked;
    if (!this.#isIterative)
      throw invalidArgument(
        `inference request to model '${this.#model}' must specify a non-zero or non-empty correlation ID`,
      );
    this.#lastId += 1n;
    return { id: this.#lastId, start: true, end: false };
  }

  #checkStarted({ id, start }: SequenceRequest['sequence']): void {
    const isKnown = this.#assigned.has(id) || this.#backlog.has(id);
    if (!start && !isKnown) throw this.#notStarted(id);
    if (start && isKnown)
      this.#warn(
        `sequence ${id} for model '${this.#model}' has a conflict. The previous sequence did not end before this sequence start. Previous sequence will be terminated early.`,
      );
  }

  #notStarted(id: SequenceId): KServeError {
    return invalidArgument(
      `inference request for sequence ${id} to model '${this.#model}' must specify the START flag on the first request of the sequence`,
    );
  }

  #enqueue(given: SequenceRequest): void {
    const { id, end } = given.sequence;
    const request = this.#isIterative ? this.#iterated(given) : given;
    this.#idle.seen(id);
    let slot = this.#assigned.get(id);
    if (!slot && !this.#backlog.has(id)) {
      slot = this.#free.shift();
      if (slot) this.#assigned.set(id, slot);
    }
    if (request.cancellation)
      request.cancellation.cancel = () => {
        request.isCancelled = true;
        slot?.batcher.wake(slot);
      };
    if (!slot) {
      this.#backlog.add(request);
      return;
    }
    if (end) this.#assigned.delete(id);
    slot.queue.push(request);
    slot.batcher.wake(slot);
  }

  /** If the model asks for it, the same request runs again; otherwise its sequence ends with its answer. */
  #iterated(request: SequenceRequest): SequenceRequest {
    if (request.sequence.end) return request;
    const { id } = request.sequence;
    return {
      ...request,
      resolve: (answer) => {
        if (answer !== RESCHEDULED) {
          request.resolve(answer);
          this.#endIterative(id);
          return;
        }
        const sequence = { id, start: false, end: false };
        // It may have been closed because it ran for longer than the idle limit.
        if (this.#assigned.has(id)) this.#enqueue({ ...request, sequence, arrivedAt: performance.now() });
        else this.#runner.fail([request], this.#notStarted(id), 'OTHER');
      },
      reject: (error) => {
        request.reject(error);
        this.#endIterative(id);
      },
    };
  }

  /** Triton ends it with a cancelled request, which counts as a failure. */
  #endIterative(id: SequenceId): void {
    if (this.#endAssigned(id)) this.#statistics.failure(0, 'CANCELED');
  }

  #endIdle(id: SequenceId): boolean {
    return this.#endAssigned(id) || !this.#backlog.has(id);
  }

  /** Ends a sequence in a slot, after the requests that are queued there. */
  #endAssigned(id: SequenceId): boolean {
    const slot = this.#assigned.get(id);
    if (!slot) return false;
    this.#assigned.delete(id);
    slot.queue.push(undefined);
    slot.batcher.wake(slot);
    return true;
  }

  /** The sequences in slots can receive no more requests, so the waiting ones get the slots. */
  #endUnreachable(): void {
    if (!this.#isIterative) for (const id of [...this.#assigned.keys()]) this.#endAssigned(id);
  }

  #cancel(requests: readonly SequenceRequest[]): void {
    this.#runner.fail(requests, new KServeError('Cancelled', ''), 'CANCELED');
  }

  #settled(): void {
    this.#pending -= 1;
    this.#whenDrained();
  }

  #whenDrained(): void {
    if (this.#pending > 0 || !this.#onDrained) return;
    this.#idle.stop();
    this.#backlog.stop();
    this.#onDrained();
  }
}
