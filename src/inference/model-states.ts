import type { EventSink, LogLevel, ModelState } from '../events/index.ts';
import type { ModelEntry, VersionEntry } from './model-table.ts';

/** Changes the states of models and tells of it, in events and in Triton's log lines. */
export class ModelStates {
  readonly #events: EventSink;

  constructor(events: EventSink) {
    this.#events = events;
  }

  set(model: ModelEntry, entry: VersionEntry, state: ModelState, reason: string): void {
    if (entry.state === state && entry.reason === reason) return;
    entry.state = state;
    entry.reason = reason;
    this.tell(model, entry);
  }

  tell(model: ModelEntry, { version, state, reason }: VersionEntry): void {
    this.#events.emit({ type: 'model.state', model: model.name, version, state, reason });
  }

  /** Nothing of the model serves, since its folder cannot be read. */
  failPoll(model: ModelEntry, reason: string): void {
    model.pollFailure = reason;
    this.#events.emit({ type: 'model.state', model: model.name, version: '', state: 'UNAVAILABLE', reason });
  }

  log(level: LogLevel, text: string): void {
    this.#events.emit({ type: 'log.line', source: 'engine', level, text });
  }
}
