import type { EventSink, ModelStatus } from '../events/index.ts';
import type { IndexEntry } from './triton-client.ts';

/** What an engine that runs elsewhere has loaded, as its repository index told last; changes become events. */
export class ModelBoard {
  readonly #events: EventSink;
  /** Why a model's configuration was refused: the index names such a model without a word. */
  readonly #refusals = new Map<string, string>();
  #models: ReadonlyMap<string, ModelStatus> = new Map();

  constructor(events: EventSink) {
    this.#events = events;
  }

  /** Ordered by name, then version. */
  get models(): readonly ModelStatus[] {
    return [...this.#models.values()];
  }

  /** Notes why a model could not be read; shown while the index has nothing to say of it. */
  refuse(model: string, reason: string): void {
    this.#refusals.set(model, reason);
  }

  /** The model was taken out of the repository: that it could not be read no longer matters. */
  forget(model: string): void {
    this.#refusals.delete(model);
  }

  /** Takes over what the index says. */
  update(index: readonly IndexEntry[]): void {
    const next = new Map<string, ModelStatus>();
    for (const entry of index) {
      const status = this.#statusOf(entry);
      if (status) next.set(`${status.name}/${status.version}`, status);
    }
    // A model without a version is in no index at all.
    for (const [name, reason] of this.#refusals) {
      const isKnown = index.some((entry) => entry.name === name);
      if (!isKnown) next.set(`${name}/`, { name, version: '', state: 'UNAVAILABLE', reason });
    }
    const before = this.#models;
    this.#models = next;
    for (const [key, { name, version }] of before) {
      if (!next.has(key)) this.#tell({ name, version, state: 'UNAVAILABLE', reason: 'unloaded' });
    }
    for (const [key, status] of next) {
      const old = before.get(key);
      if (old?.state !== status.state || old.reason !== status.reason) this.#tell(status);
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

  #tell({ name, version, state, reason }: ModelStatus): void {
    this.#events.emit({ type: 'model.state', model: name, version, state, reason });
  }
}
