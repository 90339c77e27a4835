import path from 'node:path';
import { type Clock, isInside } from '../base/index.ts';
import type { EventSink, Failure, ReloadTimings } from '../events/index.ts';
import type { ReloadConfig } from './look.ts';
import type { ReloadPlan } from './plan.ts';
import type { Writing } from './settle.ts';
import type { ReloadTarget } from './target.ts';

const WRITING_FIRST_SAID_MS = 1_000;
const WRITING_SAID_AGAIN_MS = 5_000;

/** Moments of one reload by the clock, in milliseconds. */
export interface Moments {
  /** The first sign of the change on disk, or the request by hand. */
  readonly signAt: number;
  /** The content was read. */
  readonly planAt: number;
  /** The target was called. */
  readonly applyAt: number;
}

/** Tells of reloads and of what is waited for, each thing once. */
export class Announcer {
  readonly #config: ReloadConfig;
  readonly #target: ReloadTarget;
  readonly #events: EventSink;
  readonly #clock: Clock;
  readonly #said = new Map<string, number>();

  constructor(parts: { config: ReloadConfig; target: ReloadTarget; events: EventSink; clock: Clock }) {
    this.#config = parts.config;
    this.#target = parts.target;
    this.#events = parts.events;
    this.#clock = parts.clock;
  }

  planned(plan: ReloadPlan): void {
    this.#events.emit({ type: 'reload.planned', ...this.#facts(plan) });
  }

  completed(plan: ReloadPlan, moments: Moments): void {
    const timings = this.#timings(moments);
    this.#events.emit({ type: 'reload.completed', ...this.#facts(plan), timings });
  }

  /** The error always names a file: the entry script, or what changed, where the failure does not. */
  failed(plan: ReloadPlan, moments: Moments, failure: Failure): Failure {
    const file = failure.file ?? this.#config.script?.entryScript ?? plan.causes[0];
    const error = file === undefined ? failure : { ...failure, file };
    this.#events.emit({
      type: 'reload.failed',
      ...this.#facts(plan),
      timings: this.#timings(moments),
      error,
    });
    return error;
  }

  /** A file that is waited for, from the first second on and then now and then. */
  writing(writing: Writing): void {
    const now = this.#clock.now();
    if (writing.sinceMs < WRITING_FIRST_SAID_MS) return;
    if (now - (this.#said.get(writing.path) ?? Number.NEGATIVE_INFINITY) < WRITING_SAID_AGAIN_MS) return;
    this.#said.set(writing.path, now);
    const megabytes = (writing.bytes / 1e6).toFixed(writing.bytes < 1e7 ? 1 : 0);
    this.say(`${this.#show(writing.path)} is still being written: ${megabytes} MB`);
  }

  /** Says a condition when it begins to hold. */
  condition(topic: string, holds: boolean, text: () => string): void {
    if (!holds) this.#said.delete(topic);
    else if (!this.#said.has(topic)) {
      this.#said.set(topic, 0);
      this.say(text(), 'warning');
    }
  }

  say(text: string, level: 'info' | 'warning' = 'info'): void {
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

  #timings({ signAt, planAt, applyAt }: Moments): ReloadTimings {
    const now = this.#clock.now();
    return {
      settleMs: planAt - signAt,
      planMs: applyAt - planAt,
      applyMs: now - applyAt,
      totalMs: now - signAt,
    };
  }
}
