import type { EventSink, LogLevel, ModelState } from '../events/index.ts';
import type { ModelEntry, VersionEntry } from './model-table.ts';

/** Changes the states of models and reports them in events and in Triton's log lines. */
export class ModelStates {
  readonly #events: EventSink;
  readonly #userPaths: (text: string) => string;

  /** @param userPaths translates staged paths into the user's */
  constructor(events: EventSink, userPaths: (text: string) => string) {
    this.#events = events;
    this.#userPaths = userPaths;
  }

  set(model: ModelEntry, entry: VersionEntry, state: ModelState, stagedReason: string): void {
    const reason = this.#userPaths(stagedReason);
    if (entry.state === state && entry.reason === reason) return;
    entry.state = state;
    entry.reason = reason;
    this.tell(model, entry);
  }

  tell(model: ModelEntry, { version, state, reason }: VersionEntry): void {
    this.#events.emit({ type: 'model.state', model: model.name, version, state, reason });
  }

  /** No version of the model is served, because its folder cannot be read. */
  failPoll(model: ModelEntry, stagedReason: string): void {
    const reason = this.#userPaths(stagedReason);
    model.pollFailure = reason;
    this.#events.emit({ type: 'model.state', model: model.name, version: '', state: 'UNAVAILABLE', reason });
  }

  log(level: LogLevel, text: string): void {
    this.#events.emit({ type: 'log.line', source: 'engine', level, text: this.#userPaths(text) });
  }
}
