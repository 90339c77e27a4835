import { systemError, within } from '../base/index.ts';
import type { Engine, RunningEngine } from './engine.ts';

/** How long an engine may take to undo a cancelled start before we stop waiting for it. */
const UNDO_LIMIT_MS = 20_000;

/** An engine whose starts, the first and those after a crash, end within a limit whatever hangs in them. */
export class BoundedEngine<Running extends RunningEngine> implements Engine<Running> {
  readonly kind: Engine['kind'];
  readonly #engine: Engine<Running>;
  readonly #limitMs: number | undefined;

  /** @param limitMs undefined for an engine that enforces the limit itself, because it may have to download first */
  constructor(engine: Engine<Running>, limitMs: number | undefined) {
    this.kind = engine.kind;
    this.#engine = engine;
    this.#limitMs = limitMs;
  }

  /** @throws START_TIMED_OUT; otherwise what the engine throws, or the signal's reason if the start does not end by itself */
  async start(signal: AbortSignal): Promise<Running> {
    signal.throwIfAborted();
    const cancelled = new AbortController();
    const onAbort = () => cancelled.abort(signal.reason);
    signal.addEventListener('abort', onAbort);
    const timer =
      this.#limitMs === undefined
        ? undefined
        : setTimeout(() => cancelled.abort(this.#timedOut(this.#limitMs ?? 0)), this.#limitMs);
    try {
      return await this.#startUntil(cancelled.signal);
    } catch (error) {
      // The cancelled start fails with its own error, but the reason for the cancellation says more.
      if (cancelled.signal.aborted && !signal.aborted) throw cancelled.signal.reason;
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #startUntil(cancelled: AbortSignal): Promise<Running> {
    const starting = this.#engine.start(cancelled);
    const aborted = new Promise<void>((resolve) =>
      cancelled.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([starting, aborted]);
    if (!cancelled.aborted) return starting;
    // If it still comes up, now or later, it has no owner, so stop it.
    const undone = starting.then((running) => running[Symbol.asyncDispose]());
    await within(
      undone.catch(() => undefined),
      UNDO_LIMIT_MS,
    );
    throw cancelled.reason;
  }

  #timedOut(limitMs: number): Error {
    return systemError('START_TIMED_OUT', `the ${this.kind} engine was not up within ${limitMs / 1000} s`, {
      hint: 'a model may hang while it loads: the log names the last ones; --timeout allows more time',
    });
  }
}
