import type { ModelConfig } from '../../../repository/index.ts';
import type { ModelInstance } from '../../backends/backend.ts';
import type { BatchRunner } from '../batch-runner.ts';
import type { QueuedRequest } from '../queued-request.ts';
import { LONGEST_TIMER_MS } from './idle-sequences.ts';
import type { SequenceInputs } from './sequence-inputs.ts';
import type { SequenceRequest, SequenceSlot, SlotBatcher, SlotOwner } from './sequence-slot.ts';

/**
 * The `direct` strategy: a sequence keeps its position in the batches of one instance. A position without a request
 * before others is filled with a null request, whose READY is false.
 */
export class DirectBatcher implements SlotBatcher {
  readonly slots: readonly SequenceSlot[];
  readonly waiting = 0;
  readonly #instance: ModelInstance;
  readonly #runner: BatchRunner;
  readonly #inputs: SequenceInputs;
  readonly #owner: SlotOwner;
  readonly #delayMs: number;
  readonly #utilization: number;
  #isRunning = false;
  #isPlanned = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    config: ModelConfig,
    instance: ModelInstance,
    { runner, inputs, owner }: { runner: BatchRunner; inputs: SequenceInputs; owner: SlotOwner },
  ) {
    const { direct } = config.sequence_batching ?? {};
    this.#instance = instance;
    this.#runner = runner;
    this.#inputs = inputs;
    this.#owner = owner;
    this.#delayMs = (direct?.max_queue_delay_microseconds ?? 0) / 1_000;
    this.#utilization = direct?.minimum_slot_utilization ?? 0;
    this.slots = Array.from({ length: Math.max(1, config.max_batch_size) }, (_none, index) => ({
      index,
      batcher: this,
      queue: [],
      states: undefined,
    }));
  }

  /** Requests that arrive in one turn of the event loop run together. */
  wake(): void {
    if (this.#isPlanned || this.#isRunning) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    if (this.#isRunning) return;
    clearTimeout(this.#timer);
    for (const slot of this.slots) this.#releaseEnded(slot);
    const now = performance.now();
    const ready = this.slots.filter(({ queue }) => queue.length > 0);
    const last = ready.at(-1);
    if (!last) return;
    const waitMs = this.#waitMs(ready, now);
    if (waitMs > 0) {
      this.#timer = setTimeout(() => this.#dispatch(), Math.min(waitMs, LONGEST_TIMER_MS));
      return;
    }
    const [first = last] = ready;
    const model = first.queue[0] as SequenceRequest;
    const batch = this.slots
      .slice(0, last.index + 1)
      .map((slot) => this.#take(slot, model.shapeKey) ?? this.#inputs.nullRequest(first, model));
    this.#isRunning = true;
    void this.#runner.run(this.#instance, batch, now).then(() => {
      this.#isRunning = false;
      this.wake();
    });
  }

  /** The rest of a delay, which ends early when enough positions have a request. */
  #waitMs(ready: readonly SequenceSlot[], now: number): number {
    if (this.#delayMs === 0 || this.#utilization === 0) return 0;
    if (ready.length / this.slots.length >= this.#utilization) return 0;
    const oldest = Math.min(...ready.map(({ queue }) => queue[0]?.enqueuedAt ?? now));
    return Math.max(0, oldest + this.#delayMs - now);
  }

  /** The sequence was idle for too long, or its caller has disconnected: the next one of the backlog takes its slot. */
  #releaseEnded(slot: SequenceSlot): void {
    const [first] = slot.queue;
    if (slot.queue.length === 0 || (first && !first.isCancelled)) return;
    if (!first) slot.queue.shift();
    this.#owner.release(slot);
  }

  /** The next request of a position, unless there is none or its shapes differ from the rest of the batch. */
  #take(slot: SequenceSlot, shapeKey: string): QueuedRequest | undefined {
    const [request] = slot.queue;
    if (!request || request.shapeKey !== shapeKey) return undefined;
    slot.queue.shift();
    const prepared = this.#inputs.prepare(slot, request);
    if (request.sequence.end) this.#owner.release(slot);
    return prepared;
  }
}
