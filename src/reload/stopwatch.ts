import type { Clock } from '../base/index.ts';
import type { ReloadTimings } from '../events/index.ts';

/** The phases of a reload: noticing it, waiting for the files, copying, loading, warming, switching over. */
export type Phase = 'notice' | 'quiet' | 'stage' | 'load' | 'warm' | 'switch';

/** The stopwatch of one reload. Each moment belongs to one phase, so that the phases add up to the total. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #signAt: number;
  readonly #spent: Record<Phase, number> = { notice: 0, quiet: 0, stage: 0, load: 0, warm: 0, switch: 0 };
  #phase: Phase = 'notice';
  #since: number;
  #planAt: number | undefined;
  #applyAt: number | undefined;

  /** @param signAt the first sign of the change on disk, or the manual request, by the clock */
  constructor(clock: Clock, signAt: number) {
    this.#clock = clock;
    this.#signAt = signAt;
    this.#since = signAt;
  }

  get phase(): Phase {
    return this.#phase;
  }

  enter(phase: Phase): void {
    const now = this.#clock.now();
    this.#spent[this.#phase] += now - this.#since;
    this.#phase = phase;
    this.#since = now;
  }

  /** The plan was made from content that was read at `planAt`. From now on the target enters the phases. */
  applying(planAt = this.#clock.now()): void {
    this.#planAt = planAt;
    this.#applyAt = this.#clock.now();
  }

  /** The attempt failed because the files were incomplete, so its time counts as waiting. */
  overtaken(): void {
    this.enter('quiet');
    for (const phase of ['stage', 'load', 'warm', 'switch'] as const) {
      this.#spent.quiet += this.#spent[phase];
      this.#spent[phase] = 0;
    }
  }

  timings(): ReloadTimings {
    this.enter(this.#phase);
    const now = this.#since;
    const planAt = this.#planAt ?? now;
    const applyAt = this.#applyAt ?? now;
    const { notice, quiet, stage, load, warm, switch: switching } = this.#spent;
    return {
      settleMs: planAt - this.#signAt,
      planMs: applyAt - planAt,
      applyMs: now - applyAt,
      totalMs: now - this.#signAt,
      noticeMs: notice,
      quietMs: quiet,
      stageMs: stage,
      loadMs: load,
      warmMs: warm,
      switchMs: switching,
    };
  }
}
