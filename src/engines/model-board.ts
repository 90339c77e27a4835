import type { EventSink, ModelStatus } from '../events/index.ts';
import type { IndexEntry } from './triton-client.ts';

/** The models of an engine that runs elsewhere, from its latest repository index; changes become events. */
export class ModelBoard {
  readonly #events: EventSink;
  /** Why a model's configuration was rejected: the index names such a model without a reason. */
  readonly #refusals = new Map<string, string>();
  #models: ReadonlyMap<string, ModelStatus> = new Map();

  constructor(events: EventSink) {
    this.#events = events;
  }

  /** Ordered by name, then version. */
  get models(): readonly ModelStatus[] {
    return [...this.#models.values()];
  }

  /** Notes why a model could not be read; shown as long as the index has no reason. */
  refuse(model: string, reason: string): void {
    this.#refusals.set(model, reason);
  }

  /** Discards the reason, because the model has been removed from the repository. */
  forget(model: string): void {
    this.#refusals.delete(model);
  }

  /** Applies a new index. */
  update(index: readonly IndexEntry[]): void {
    const next = new Map<string, ModelStatus>();
    for (const entry of index) {
      const status = this.#statusOf(entry);
      if (status) next.set(`${status.name}/${status.version}`, status);
    }
    // A model without a version is not in the index.
    for (const [name, reason] of this.#refusals) {
      const isKnown = index.some((entry) => entry.name === name);
      if (!isKnown) next.set(`${name}/`, { name, version: '', state: 'UNAVAILABLE', reason });
    }
    const before = this.#models;
    this.#models = next;
    for (const [key, { name, version }] of before) {
      if (!next.has(key)) this.#emit({ name, version, state: 'UNAVAILABLE', reason: 'unloaded' });
    }
    for (const [key, status] of next) {
      const old = before.get(key);
      if (old?.state !== status.state || old.reason !== status.reason) this.#emit(status);
    }
  }

  #statusOf({ name, version, state, reason = '' }: IndexEntry): ModelStatus | undefined {
    if (state === undefined || version === undefined) {
      const refusal = this.#refusals.get(name) ?? reason;
      return refusal === '' ? undefined : { name, version: '', state: 'UNAVAILABLE', reason: refusal };
    }
    if (state === 'READY') this.#refusals.delete(name);
    return state === 'UNAVAILABLE' && reason === 'unloaded' ? undefined : { name, version, state, reason };
  }

  #emit({ name, version, state, reason }: ModelStatus): void {
    this.#events.emit({ type: 'model.state', model: name, version, state, reason });
  }
}
