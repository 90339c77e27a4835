import { setTimeout as sleep } from 'node:timers/promises';
import type { EventSink, ModelStatus } from '../../events/index.ts';
import type { ContainerLog } from './container-log.ts';
import type { TritonClient } from './triton-client.ts';

const UNLOAD_LIMIT_MS = 10_000;
const POLL_MS = 20;

/** Triton's repository index as we last saw it; tells of every change as an event. */
export class ModelStates {
  readonly #client: TritonClient;
  readonly #log: ContainerLog;
  readonly #events: EventSink;
  #models: readonly ModelStatus[] = [];

  constructor(client: TritonClient, log: ContainerLog, events: EventSink) {
    this.#client = client;
    this.#log = log;
    this.#events = events;
  }

  models(): readonly ModelStatus[] {
    return this.#models;
  }

  /** Triton answers an unload before the version is gone; requests within it may hold it for a while. */
  async afterUnload(model: string): Promise<void> {
    const limit = performance.now() + UNLOAD_LIMIT_MS;
    for (;;) {
      await this.refresh();
      const isGoing = this.#models.some(({ name, state }) => name === model && state === 'UNLOADING');
      if (!isGoing || performance.now() > limit) return;
      await sleep(POLL_MS);
    }
  }

  async refresh(): Promise<void> {
    // An engine that no longer answers says so by its end; what was known stays known until then.
    const index = await this.#client.index().catch(() => undefined);
    if (!index) return;
    const now = index.filter((it) => it.reason !== 'unloaded').map((it) => this.#explained(it));
    const before = this.#models;
    this.#models = now;
    for (const gone of before.filter((it) => !now.some((other) => isSame(it, other)))) {
      this.#tell({ ...gone, state: 'UNAVAILABLE', reason: 'unloaded' });
    }
    for (const model of now) {
      const known = before.find((it) => isSame(it, model));
      if (known?.state !== model.state || known.reason !== model.reason) this.#tell(model);
    }
  }

  /** The index says nothing of a model whose configuration could not be read; the log does. */
  #explained(model: ModelStatus): ModelStatus {
    const logged = model.version === '' ? this.#log.pollFailures.get(model.name) : undefined;
    return { ...model, reason: this.#client.translate(logged ?? model.reason) };
  }

  #tell({ name, version, state, reason }: ModelStatus): void {
    this.#events.emit({ type: 'model.state', model: name, version, state, reason });
  }
}

function isSame(one: ModelStatus, other: ModelStatus): boolean {
  return one.name === other.name && one.version === other.version;
}
