import { existsSync } from 'node:fs';
import path from 'node:path';
import { isInside, type TritonLocalError, userError } from '../base/index.ts';
import type { FailedMessage } from './messages.ts';
import type { ScorePoolOptions } from './score-pool.ts';

/** Python's own account of an exception, as the `cause` of the error that it led to. */
export class PythonTraceback extends Error {
  override readonly name = 'PythonTraceback';
}

/** Why a script did not come up that was still at it when its time was over; with Python's traceback where known. */
export class ScriptTimeout extends PythonTraceback {}

/**
 * A script that did not come up as SCRIPT_FAILED: the real server's words (azureml.md 1.5), the place in the user's
 * files, and Python's traceback as the cause.
 */
export function scriptFailure(failed: FailedMessage, options: ScorePoolOptions): TritonLocalError {
  const hint = findHint(failed, options);
  const cause = causeOf(failed);
  return userError('SCRIPT_FAILED', describe(failed, options), {
    location: failed.line === null ? { file: failed.file } : { file: failed.file, line: failed.line },
    ...(hint === undefined ? {} : { hint }),
    ...(cause && { cause }),
  });
}

function causeOf({ stage, traceback }: FailedMessage): PythonTraceback | undefined {
  if (stage === 'timeout') return new ScriptTimeout(traceback);
  return traceback === '' ? undefined : new PythonTraceback(traceback);
}

/** A script that ended or hung its process while it was loaded. */
export function scriptEnded(message: string, options: ScorePoolOptions, cause?: unknown): TritonLocalError {
  return userError('SCRIPT_FAILED', message, { location: { file: options.entryScript }, cause });
}

export function describeTimeout(options: ScorePoolOptions): string {
  return `the script did not finish its import and init() within ${options.initTimeoutMs / 1000} s`;
}

function describe(failed: FailedMessage, options: ScorePoolOptions): string {
  if (failed.missing)
    return `No such file or directory. The entry script ${options.entryScript} does not exist`;
  if (failed.stage === 'timeout') return describeTimeout(options);
  if (failed.refused) return failed.message;
  if (failed.stage === 'init') return `User's init function failed: ${failed.message}`;
  return `Failed to import user script because it raised an unhandled exception: ${failed.message}`;
}

function findHint(
  failed: FailedMessage,
  { entryScript, sourceDirectory }: ScorePoolOptions,
): string | undefined {
  if (failed.missing) return 'check --entry-script';
  if (failed.stage === 'timeout') return 'make init() faster, or allow it more time with --timeout';
  if (failed.module === null) return undefined;
  const own = path.dirname(entryScript);
  const beside = path.join(own, ...failed.module.split('.'));
  if (own !== sourceDirectory && isInside(sourceDirectory, own) && isPresent(beside)) {
    const dotted = path.relative(sourceDirectory, beside).split(path.sep).join('.');
    return `only ${sourceDirectory} is on sys.path, as in the cloud: import it as ${dotted}`;
  }
  return `add the package that holds ${failed.module} to the requirements or conda file, or to the Python in use`;
}

function isPresent(module: string): boolean {
  return existsSync(`${module}.py`) || existsSync(module);
}
