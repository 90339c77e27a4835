import { messageOf, systemClock, TritonLocalError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import { ScriptTimeout } from '../python/index.ts';
import { Stopwatch } from '../reload/index.ts';
import { failureOf } from './failure.ts';
import type { Generations } from './generations.ts';

export interface FirstGenerationParts {
  readonly generations: Generations;
  readonly entryScript: string;
  /** Whether to wait for a failing script, because the user is watching and can fix it. */
  readonly waitsForFix: boolean;
  readonly events: EventSink;
}

/**
 * Brings up the script's first generation. A script that fails waits for the next save, with its failure recorded in
 * `generations`.
 * @throws the failure, if no one is there to fix it or no save can.
 */
export async function startFirstGeneration(
  { generations, entryScript, waitsForFix, events }: FirstGenerationParts,
  signal: AbortSignal,
): Promise<void> {
  const stopwatch = new Stopwatch(systemClock, systemClock.now());
  stopwatch.applying();
  stopwatch.enter('warm');
  try {
    await generations.swap(
      signal,
      async () => true,
      () => undefined,
    );
  } catch (error) {
    if (!waitsForFix || !isScriptsOwnFault(error) || signal.aborted) throw asStartFailure(error);
    events.emit({
      type: 'reload.failed',
      generation: 0,
      actions: [{ kind: 'swap-workers', target: entryScript, reason: 'start' }],
      causes: [],
      timings: stopwatch.timings(),
      error: failureOf(error, entryScript),
    });
    generations.noteStartFailure(messageOf(error));
  }
}

/** If the script took too long, the start took too long. */
function asStartFailure(thrown: unknown): unknown {
  if (!(thrown instanceof TritonLocalError) || !(thrown.cause instanceof ScriptTimeout)) return thrown;
  const { kind, message, hint, location } = thrown;
  const details = { ...(hint && { hint }), ...(location && { location }), cause: thrown };
  return new TritonLocalError('START_TIMED_OUT', kind, message, details);
}

/** Whether the next save can fix the failure; it cannot bring a missing Python or package. */
function isScriptsOwnFault(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code === 'SCRIPT_FAILED';
}
