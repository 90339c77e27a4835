import { systemClock, systemError, type TritonLocalError } from '../base/index.ts';
import type { RunningEngine } from '../engines/index.ts';
import type { EventSink } from '../events/index.ts';
import { Stopwatch } from '../reload/index.ts';
import type { UserPaths } from '../repository/index.ts';
import { failureOf } from './failure.ts';
import { modelFailure } from './model-failure.ts';

/** Models of a start that are not served, each with its reason in terms of the user's files. */
export type StartFailures = ReadonlyMap<string, TritonLocalError>;

/** Adds the models that the engine could not load to those that could not be staged. */
export async function findStartFailures(
  engine: RunningEngine,
  unstaged: StartFailures,
  { staged, paths }: { readonly staged: string; readonly paths: UserPaths },
): Promise<StartFailures> {
  const failures = new Map(unstaged);
  for (const { name, state, reason } of engine.models()) {
    if (state !== 'UNAVAILABLE' || reason === 'unloaded' || failures.has(name)) continue;
    const error = (await engine.loadFailure(name)) ?? systemError('MODEL_LOAD_FAILED', reason);
    // The models of an external server are on its machine: no file here is at fault.
    const isOurs = engine.modelsAt === undefined;
    failures.set(name, isOurs ? await modelFailure(error, { model: name, staged, paths }) : error);
  }
  return failures;
}

/** Reports them like failed reloads, so that a first start reads like a save. */
export function emitStartFailures(failures: StartFailures, events: EventSink): void {
  for (const [model, error] of failures) {
    events.emit({
      type: 'reload.failed',
      generation: 0,
      actions: [{ kind: 'load-model', target: model, reason: 'start' }],
      causes: [],
      timings: new Stopwatch(systemClock, systemClock.now()).timings(),
      error: failureOf(error, model),
    });
  }
}
