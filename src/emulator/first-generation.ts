import { messageOf, systemClock, TritonLocalError } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import { ScriptTimeout } from '../python/index.ts';
import { Bill } from '../reload/index.ts';
import { failureOf } from './failure.ts';
import type { Generations } from './generations.ts';

export interface FirstGenerationParts {
  readonly generations: Generations;
  readonly entryScript: string;
  /** Whether somebody watches who can mend the script: then one that fails is waited for. */
  readonly mayBeMended: boolean;
  readonly events: EventSink;
}

/**
 * Brings up the script's first generation.
 * @returns why it did not come up, where the next save is awaited; undefined when it serves.
 * @throws what it failed with, where nobody is there to mend it or no save could.
 */
export async function startFirstGeneration(
  { generations, entryScript, mayBeMended, events }: FirstGenerationParts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const bill = new Bill(systemClock, systemClock.now());
  bill.applying();
  bill.enter('warm');
  try {
    await generations.swap(
      signal,
      async () => true,
      () => undefined,
    );
    return undefined;
  } catch (error) {
    if (!mayBeMended || !isScriptsOwnFault(error) || signal.aborted) throw asStartFailure(error);
    events.emit({
      type: 'reload.failed',
      generation: 0,
      actions: [{ kind: 'swap-workers', target: entryScript, reason: 'start' }],
      causes: [],
      timings: bill.timings(),
      error: failureOf(error, entryScript),
    });
    return messageOf(error);
  }
}

/** A script that took too long is a start that took too long. */
function asStartFailure(thrown: unknown): unknown {
  if (!(thrown instanceof TritonLocalError) || !(thrown.cause instanceof ScriptTimeout)) return thrown;
  const { kind, message, hint, location } = thrown;
  const details = { ...(hint && { hint }), ...(location && { location }), cause: thrown };
  return new TritonLocalError('START_TIMED_OUT', kind, message, details);
}

/** A fault that the next save can mend; a missing Python or package cannot be saved away. */
function isScriptsOwnFault(error: unknown): boolean {
  return error instanceof TritonLocalError && error.code === 'SCRIPT_FAILED';
}
