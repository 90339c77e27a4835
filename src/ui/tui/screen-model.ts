import type { Clock } from '../../base/index.ts';
import {
  type EmulatorEvent,
  type EmulatorState,
  initialState,
  type LogLevel,
  LogStore,
  RequestStore,
  reduce,
} from '../../events/index.ts';
import { isAtLeast } from '../renderer.ts';
import type { LeaveMeans } from './keys.ts';
import { LogView } from './log-view.ts';
import type { Size } from './terminal.ts';

export interface Notice {
  readonly text: string;
  readonly isError: boolean;
}

/** Why a model is unavailable that nobody misses. */
const IN_ORDER: ReadonlySet<string> = new Set(['', 'unloaded']);

/**
 * All that the screen shows, outside React. Events only change what is here and raise a flag; React sees nothing but
 * a number, which rises when a frame of the head is due.
 */
export class ScreenModel {
  readonly logs = new LogStore();
  readonly requests: RequestStore;
  readonly view = new LogView(this.logs);
  state: EmulatorState = initialState;
  size: Size;
  /** What the pane below the head shows. */
  pane: 'log' | 'help' | 'details' = 'log';
  /** First row that the help or the details show. */
  paneOffset = 0;
  /** Whether long log lines are wrapped. */
  wrapsLog = false;
  /** The access key, while the user wants to see it. */
  shownKey: string | undefined;
  /** The text being typed after `/`; undefined outside that. */
  typed: string | undefined;
  readonly leaveMeans: LeaveMeans;
  notice: Notice | undefined;
  /** Whether the user has asked to leave. */
  isLeaving = false;
  /** The newest error in the log since everything was last in order, kept for the farewell. */
  lastError: string | undefined;
  /** Whether the head must be made anew. */
  headDirty = true;

  readonly #threshold: LogLevel;
  readonly #onChange: () => void;
  readonly #listeners = new Set<() => void>();
  #version = 0;

  constructor(
    size: Size,
    threshold: LogLevel,
    clock: Clock,
    onChange: () => void,
    leaveMeans: LeaveMeans = 'stop',
  ) {
    this.size = size;
    this.leaveMeans = leaveMeans;
    this.requests = new RequestStore(500, clock);
    this.#threshold = threshold;
    this.#onChange = onChange;
  }

  /** For React's `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getVersion = (): number => this.#version;

  receive(event: EmulatorEvent): void {
    if (event.type === 'log.line') {
      if (!isAtLeast(event.level, this.#threshold)) return;
      this.logs.append(event);
      if (event.level === 'error') this.lastError = event.text;
      this.#onChange();
      return;
    }
    if (event.type === 'scoring.request') {
      this.requests.append(event);
      this.touchHead();
      return;
    }
    if (event.type === 'engine.requests') {
      this.requests.appendEngine(event);
      this.touchHead();
      return;
    }
    this.adopt(reduce(this.state, event));
    const isInOrder = event.type === 'emulator.ready' || event.type === 'reload.completed';
    if (isInOrder && this.standingErrors().length === 0) this.lastError = undefined;
  }

  /** Takes a state that was asked for; an older one than ours is left alone. */
  adopt(state: EmulatorState): void {
    if (state === this.state || state.seq < this.state.seq) return;
    this.state = state;
    this.touchHead();
  }

  /** What is broken now: what the newest saves failed with, and models that cannot be loaded. */
  standingErrors(): readonly string[] {
    const { failures, models } = this.state;
    const unavailable = models.filter(
      ({ state, reason }) => state === 'UNAVAILABLE' && !IN_ORDER.has(reason),
    );
    return [
      ...failures.map(({ error }) => error.message),
      ...unavailable.map(({ name, reason }) => `model ${name}: ${reason}`),
    ];
  }

  /** Shows another pane, or the log again where it is shown already. */
  toggle(pane: 'help' | 'details'): void {
    this.pane = this.pane === pane ? 'log' : pane;
    this.paneOffset = 0;
  }

  /** Something in the head or the footer changed. */
  touchHead(): void {
    this.headDirty = true;
    this.#onChange();
  }

  /** Something in the log pane alone changed. */
  touchLog(): void {
    this.#onChange();
  }

  /** Lets React make the head anew. */
  renderHead(): void {
    this.headDirty = false;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
