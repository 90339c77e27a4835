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

/** Reasons of unavailable models that are not errors. */
const IN_ORDER: ReadonlySet<string> = new Set(['', 'unloaded']);

/**
 * Everything that the screen shows, kept outside React. Events only change this model and set a flag; React sees only a
 * version number, which rises when Ink should render.
 */
export class ScreenModel {
  readonly logs = new LogStore();
  readonly requests: RequestStore;
  readonly view = new LogView(this.logs);
  state: EmulatorState = initialState;
  size: Size;
  /** The content of the pane below the head. */
  pane: 'log' | 'help' | 'details' = 'log';
  /** Rows between head and footer, as Ink lays them out: a rule, and the log or an overlay below it. */
  paneHeight = 0;
  /** First visible row of the help or the details. */
  paneOffset = 0;
  /** Whether long log lines are wrapped. */
  wrapsLog = false;
  /** The access key, while it is shown. */
  shownKey: string | undefined;
  /** The text being typed after `/`; undefined while not searching. */
  typed: string | undefined;
  readonly leaveMeans: LeaveMeans;
  notice: Notice | undefined;
  /** Whether the user has asked to leave. */
  isLeaving = false;
  /** The newest error in the log since the last time without failures; shown in the farewell. */
  lastError: string | undefined;
  /** Whether Ink must render. */
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
    if (isInOrder && this.unresolvedErrors().length === 0) this.lastError = undefined;
  }

  /** Takes over a requested state, unless it is older than ours. */
  adopt(state: EmulatorState): void {
    if (state === this.state || state.seq < this.state.seq) return;
    this.state = state;
    this.touchHead();
  }

  /** Unresolved errors: those of the newest saves, and of models that cannot be loaded. */
  unresolvedErrors(): readonly string[] {
    const { failures, models } = this.state;
    const unavailable = models.filter(
      ({ state, reason }) => state === 'UNAVAILABLE' && !IN_ORDER.has(reason),
    );
    return [
      ...failures.map(({ error }) => error.message),
      ...unavailable.map(({ name, reason }) => `model ${name}: ${reason}`),
    ];
  }

  /** Shows another pane, or the log if that pane is already shown. */
  toggle(pane: 'help' | 'details'): void {
    this.pane = this.pane === pane ? 'log' : pane;
    this.paneOffset = 0;
  }

  /** Marks a change in what Ink draws. */
  touchHead(): void {
    this.headDirty = true;
    this.#onChange();
  }

  /** Marks a change in the log only. */
  touchLog(): void {
    this.#onChange();
  }

  /** Makes Ink render. */
  renderHead(): void {
    this.headDirty = false;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
