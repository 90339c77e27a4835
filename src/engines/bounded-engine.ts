import { systemError, within } from '../base/index.ts';
import type { Engine, RunningEngine } from './engine.ts';

/** How long an engine may take to undo a start that was called off, before it is left to itself. */
const UNDO_LIMIT_MS = 20_000;

/** An engine whose starts, the first one and those after a crash, end in time whatever hangs in them. */
export class BoundedEngine<Running extends RunningEngine> implements Engine<Running> {
  readonly kind: Engine['kind'];
  readonly #engine: Engine<Running>;
  readonly #limitMs: number | undefined;

  /** @param limitMs undefined for an engine that counts the time itself, since it may have to download first */
  constructor(engine: Engine<Running>, limitMs: number | undefined) {
    this.kind = engine.kind;
    this.#engine = engine;
    this.#limitMs = limitMs;
  }

  /** @throws START_TIMED_OUT; else as the engine, or the signal's reason where it does not end by itself */
  async start(signal: AbortSignal): Promise<Running> {
    signal.throwIfAborted();
    const calledOff = new AbortController();
    const onAbort = () => calledOff.abort(signal.reason);
    signal.addEventListener('abort', onAbort);
    const timer =
      this.#limitMs === undefined
        ? undefined
        : setTimeout(() => calledOff.abort(this.#timedOut(this.#limitMs ?? 0)), this.#limitMs);
    try {
      return await this.#startUntil(calledOff.signal);
    } catch (error) {
      // What is undone fails in its own words; why it was called off says more.
      if (calledOff.signal.aborted && !signal.aborted) throw calledOff.signal.reason;
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #startUntil(calledOff: AbortSignal): Promise<Running> {
    const starting = this.#engine.start(calledOff);
    const aborted = new Promise<void>((resolve) =>
      calledOff.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([starting, aborted]);
    if (!calledOff.aborted) return starting;
    // One that came up all the same, now or later, is nobody's.
    const undone = starting.then((running) => running[Symbol.asyncDispose]());
    await within(
      undone.catch(() => undefined),
      UNDO_LIMIT_MS,
    );
    throw calledOff.reason;
  }

  #timedOut(limitMs: number): Error {
    return systemError('START_TIMED_OUT', `the ${this.kind} engine was not up within ${limitMs / 1000} s`, {
      hint: 'a model may hang while it loads: the log says which ones were begun; --timeout allows more time',
    });
  }
}
