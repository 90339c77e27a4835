import type { Writable } from 'node:stream';
import { type Clock, systemClock } from '../base/index.ts';
import type { Control } from '../control/index.ts';
import type { EmulatorEvent, EventOf, LogLevel } from '../events/index.ts';
import { StateStore } from '../events/index.ts';
import { LineWriter } from './output.ts';
import { PlainFormat } from './plain-format.ts';
import { isAtLeast, neverLeft, type Renderer } from './renderer.ts';
import { sanitize } from './text.ts';
import { foldTracebacks } from './traceback.ts';

export interface PlainOptions {
  readonly control: Control;
  readonly stdout: Writable;
  readonly color?: boolean;
  readonly threshold?: LogLevel;
  readonly clock?: Clock;
}

/** Minimum time between lines about the same step of a long preparation. */
const PROGRESS_EVERY_MS = 5_000;

/** Plain lines for logs and pipes: one fact per line, no cursor movement. */
export function startPlain(options: PlainOptions): Renderer {
  const plain = new PlainRenderer(options);
  return {
    left: neverLeft,
    async [Symbol.asyncDispose]() {
      plain.end();
    },
  };
}

class PlainRenderer {
  readonly #writer: LineWriter;
  readonly #format: PlainFormat;
  readonly #state: StateStore;
  readonly #threshold: LogLevel;
  readonly #clock: Clock;
  readonly #color: boolean;
  readonly #unsubscribe: () => void;
  #progress = { step: '', at: Number.NEGATIVE_INFINITY };

  constructor({ control, stdout, color = false, threshold = 'info', clock = systemClock }: PlainOptions) {
    this.#writer = new LineWriter(stdout);
    this.#format = new PlainFormat(color);
    this.#threshold = threshold;
    this.#clock = clock;
    this.#color = color;
    // Before our own listener, so that the state already includes an event when its line is formatted.
    this.#state = new StateStore(control);
    this.#unsubscribe = control.subscribe((event) => this.#show(event));
  }

  end(): void {
    this.#unsubscribe();
    this.#state[Symbol.dispose]();
    this.#writer.flush();
  }

  #show(event: EmulatorEvent): void {
    if (event.type === 'log.line') this.#showLog(event);
    else if (event.type === 'environment.progress')
      this.#showProgress(`${event.environment}: ${event.step}`, this.#format.progress(event));
    else if (event.type === 'engine.pull.progress')
      this.#showProgress(event.image, this.#format.download(this.#state.state.progress ?? ''));
    else for (const line of this.#format.lines(event, this.#state.state)) this.#writer.line(line);
  }

  #showLog({ source, level, text, model }: EventOf<'log.line'>): void {
    if (!isAtLeast(level, this.#threshold)) return;
    // Python's log lines contain their level; those of the engine and of ours carry it separately.
    const isOwnWords = source === 'script' || source === 'worker';
    const modelPrefix = model === undefined ? '' : `${model}: `;
    const prefix = modelPrefix + (isOwnWords || level === 'info' ? '' : `${level}: `);
    for (const line of foldTracebacks(text))
      this.#writer.line(this.#format.log(source, sanitize(prefix + line, this.#color)));
  }

  #showProgress(step: string, line: string): void {
    const now = this.#clock.now();
    if (step === this.#progress.step && now - this.#progress.at < PROGRESS_EVERY_MS) return;
    this.#progress = { step, at: now };
    this.#writer.line(line);
  }
}
