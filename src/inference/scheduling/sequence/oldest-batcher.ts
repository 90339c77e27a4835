import type { ModelConfig } from '../../../repository/index.ts';
import type { ModelInstance } from '../../backends/backend.ts';
import type { ModelStatistics } from '../../statistics.ts';
import { Scheduler } from '../scheduler.ts';
import type { SequenceInputs } from './sequence-inputs.ts';
import type { SequenceSlot, SlotBatcher, SlotOwner } from './sequence-slot.ts';

/**
 * The `oldest` strategy: the next request of each sequence goes to the instance's dynamic batcher, which takes the
 * oldest first; the following request is sent when it is answered.
 */
export class OldestBatcher implements SlotBatcher {
  readonly slots: readonly SequenceSlot[];
  readonly #batcher: Scheduler;
  readonly #inputs: SequenceInputs;
  readonly #owner: SlotOwner;
  readonly #inFlight = new Set<SequenceSlot>();

  constructor(
    config: ModelConfig,
    instance: ModelInstance,
    { statistics, inputs, owner }: { statistics: ModelStatistics; inputs: SequenceInputs; owner: SlotOwner },
  ) {
    const { oldest } = config.sequence_batching ?? {};
    const count = oldest?.max_candidate_sequences || Math.max(1, config.max_batch_size);
    this.#batcher = new Scheduler(
      {
        ...config,
        dynamic_batching: {
          preferred_batch_size: oldest?.preferred_batch_size ?? [],
          max_queue_delay_microseconds: oldest?.max_queue_delay_microseconds ?? 0,
          preserve_ordering: oldest?.preserve_ordering ?? false,
          priority_levels: 0,
          default_priority_level: 0,
          priority_queue_policy: {},
        },
      },
      [instance],
      statistics,
    );
    this.#inputs = inputs;
    this.#owner = owner;
    this.slots = Array.from({ length: count }, (_none, index) => ({
      index,
      batcher: this,
      queue: [],
      states: undefined,
    }));
  }

  get waiting(): number {
    return this.#batcher.waiting;
  }

  wake(slot: SequenceSlot): void {
    while (!this.#inFlight.has(slot) && slot.queue.length > 0) {
      const [request] = slot.queue;
      if (!request || request.isCancelled) {
        if (!request) slot.queue.shift();
        this.#owner.release(slot);
        continue;
      }
      slot.queue.shift();
      this.#inFlight.add(slot);
      const { resolve, reject, ...prepared } = this.#inputs.prepare(slot, request);
      if (request.sequence.end) this.#owner.release(slot);
      const next = () => {
        this.#inFlight.delete(slot);
        this.wake(slot);
      };
      this.#batcher
        .schedule(prepared, request.cancellation, request.enqueuedAt)
        .then(resolve, reject)
        .finally(next);
    }
  }
}
