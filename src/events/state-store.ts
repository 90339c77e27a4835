import type { EmulatorEvent } from './event.ts';
import { reduce } from './reduce.ts';
import { type EmulatorState, initialState } from './state.ts';

/** Any source of events: the bus, or a remote `Control`. */
export interface EventSource {
  subscribe(listener: (event: EmulatorEvent) => void): () => void;
}

/** The current state, folded as events arrive; reading it costs nothing. */
export class StateStore implements Disposable {
  readonly #unsubscribe: () => void;
  #state: EmulatorState;
  #version = 0;

  constructor(source: EventSource, state: EmulatorState = initialState) {
    this.#state = state;
    this.#unsubscribe = source.subscribe((event) => this.#fold(event));
  }

  get state(): EmulatorState {
    return this.#state;
  }

  /** Increases with every change of `state`. */
  get version(): number {
    return this.#version;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #fold(event: EmulatorEvent): void {
    const next = reduce(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#version += 1;
  }
}
