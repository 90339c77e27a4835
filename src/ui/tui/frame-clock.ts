import type { Clock } from '../../base/index.ts';

const CALM_MS = 110;
const LAZY_MS = 250;
/** Shortly after a key, frames come faster, so that scrolling and typing feel immediate. */
const EAGER_MS = 33;
const EAGER_FOR_MS = 300;
const EXPENSIVE_MS = 40;
const CHEAP_MS = 20;

/** Schedules frames: only on request, and never faster than terminal and processor can handle. */
export class FrameClock {
  readonly #clock: Clock;
  readonly #frame: () => void;
  #interval = CALM_MS;
  #lastFrame = Number.NEGATIVE_INFINITY;
  #eagerUntil = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #stopped = false;

  constructor(clock: Clock, frame: () => void) {
    this.#clock = clock;
    this.#frame = frame;
  }

  /** Requests a frame for a change. */
  request(): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    const interval = this.isEager ? EAGER_MS : this.#interval;
    const due = Math.max(now, this.#lastFrame + interval);
    if (due >= this.#dueAt) return;
    this.#cancel?.();
    this.#dueAt = due;
    this.#cancel = this.#clock.after(due - now, () => this.#run());
  }

  /** A key was pressed. */
  hurry(): void {
    this.#eagerUntil = this.#clock.now() + EAGER_FOR_MS;
    this.request();
  }

  get isEager(): boolean {
    return this.#clock.now() < this.#eagerUntil;
  }

  /** Records the cost of the last frame; expensive frames become less frequent. */
  noteCost(milliseconds: number): void {
    if (milliseconds > EXPENSIVE_MS) this.#interval = Math.min(LAZY_MS, this.#interval * 2);
    else if (milliseconds < CHEAP_MS) this.#interval = CALM_MS;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #run(): void {
    this.#cancel = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#lastFrame = this.#clock.now();
    this.#frame();
  }
}
