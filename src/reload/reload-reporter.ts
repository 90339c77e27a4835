import path from 'node:path';
import { type Clock, isInside } from '../base/index.ts';
import type { EventSink, Failure, WatchMode } from '../events/index.ts';
import type { ReloadPlan } from './plan.ts';
import type { ReloadConfig } from './scan.ts';
import type { Writing } from './settle.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { ReloadTarget } from './target.ts';

const WRITING_FIRST_LOGGED_MS = 1_000;
const WRITING_LOGGED_AGAIN_MS = 5_000;
const HELD_LOGGED_MS = 3_000;

/** Emits the events of reloads, and logs once what a reload waits for. */
export class ReloadReporter {
  readonly #config: ReloadConfig;
  readonly #target: ReloadTarget;
  readonly #events: EventSink;
  readonly #clock: Clock;
  readonly #logged = new Map<string, number>();

  constructor(parts: { config: ReloadConfig; target: ReloadTarget; events: EventSink; clock: Clock }) {
    this.#config = parts.config;
    this.#target = parts.target;
    this.#events = parts.events;
    this.#clock = parts.clock;
  }

  planned(plan: ReloadPlan): void {
    this.#events.emit({ type: 'reload.planned', ...this.#facts(plan) });
  }

  completed(plan: ReloadPlan, stopwatch: Stopwatch): void {
    this.#events.emit({ type: 'reload.completed', ...this.#facts(plan), timings: stopwatch.timings() });
  }

  /** The error always names a file: if the failure has none, what changed or the entry script. */
  failed(plan: ReloadPlan, stopwatch: Stopwatch, failure: Failure): Failure {
    const file = failure.file ?? this.#config.script?.entryScript ?? plan.causes[0];
    const error = file === undefined ? failure : { ...failure, file };
    this.#events.emit({
      type: 'reload.failed',
      ...this.#facts(plan),
      timings: stopwatch.timings(),
      error,
    });
    return error;
  }

  /** Logs a file that is being written, after a second and then at intervals. */
  writing(writing: Writing): void {
    const now = this.#clock.now();
    if (writing.sinceMs < WRITING_FIRST_LOGGED_MS) return;
    if (now - (this.#logged.get(writing.path) ?? Number.NEGATIVE_INFINITY) < WRITING_LOGGED_AGAIN_MS) return;
    this.#logged.set(writing.path, now);
    const megabytes = (writing.bytes / 1e6).toFixed(writing.bytes < 1e7 ? 1 : 0);
    this.log(`${this.#show(writing.path)} is still being written: ${megabytes} MB`);
  }

  /** Logs a condition when it starts to hold. */
  condition(topic: string, holds: boolean, text: () => string): void {
    if (!holds) this.#logged.delete(topic);
    else if (!this.#logged.has(topic)) {
      this.#logged.set(topic, 0);
      this.log(text(), 'warning');
    }
  }

  /** Reports how changes are detected from now on, and logs why if files are polled. */
  watching(mode: WatchMode, reason: string): void {
    this.#events.emit({ type: 'reload.watching', mode, reason });
    if (mode === 'polling') this.condition('polling', true, () => reason);
  }

  /** Logs that the script waits for files that keep changing, after it has waited for a while. */
  held(files: readonly string[], heldMs: number): void {
    this.condition('held', heldMs >= HELD_LOGGED_MS, () => {
      const names = files.map((file) => this.#show(file)).join(', ');
      return `${names} keeps changing: the script is reloaded when it stops. Write such files outside the source folder`;
    });
  }

  /** Logs that changes to a file are now ignored, because the script writes it at each start. */
  caughtLoop(file: string): void {
    const source = this.#config.script?.sourceDirectory ?? this.#config.projectDir;
    this.log(
      `${this.#show(file)} changes each time the script starts, which would reload it forever: its changes are now ignored. Write it outside ${source}; a manual reload reads it again`,
      'warning',
    );
  }

  log(text: string, level: 'info' | 'warning' = 'info'): void {
    this.#events.emit({ type: 'log.line', source: 'emulator', level, text });
  }

  #facts({ actions, causes }: ReloadPlan) {
    return {
      generation: this.#target.generation,
      actions: [...actions],
      causes: causes.map((file) => this.#show(file)),
    };
  }

  #show(file: string): string {
    const { projectDir } = this.#config;
    return isInside(projectDir, file) ? path.relative(projectDir, file) || '.' : file;
  }
}
