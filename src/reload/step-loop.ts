import type { Clock } from '../base/index.ts';

export interface StepLoopParts {
  readonly clock: Clock;
  /** Whether there is anything to follow; if not, no step is taken and no timer set. */
  isFollowing(): boolean;
  step(): Promise<void>;
  /** When the next step is due if none is requested, by the clock; undefined for never. */
  dueAt(): number | undefined;
}

/** Takes steps that never overlap: at once when requested, otherwise when the next one is due. */
export class StepLoop {
  readonly #parts: StepLoopParts;
  #running: Promise<void> | undefined;
  #isAsked = false;
  #callOff: () => void = () => undefined;

  constructor(parts: StepLoopParts) {
    this.#parts = parts;
  }

  /** Requests a step now, or another one after the step under way. */
  poke(): void {
    this.#isAsked = true;
    this.#running ??= this.#run();
  }

  /** Resets the timer after the due time of the next step has changed. */
  reschedule(): void {
    if (!this.#running) this.#schedule();
  }

  /** Takes no more steps once `isFollowing` is false; resolves when the last one is done. */
  async stop(): Promise<void> {
    this.#callOff();
    await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // so that `#running` is set before it is cleared
    while (this.#isAsked && this.#parts.isFollowing()) {
      this.#isAsked = false;
      this.#callOff();
      await this.#parts.step();
    }
    this.#running = undefined;
    this.#schedule();
  }

  #schedule(): void {
    this.#callOff();
    const { clock, isFollowing, dueAt } = this.#parts;
    const next = isFollowing() ? dueAt() : undefined;
    if (next === undefined) return;
    const wait = Math.ceil(next - clock.now());
    if (wait <= 0) this.poke();
    else this.#callOff = clock.after(wait, () => this.poke());
  }
}
