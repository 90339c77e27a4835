import path from 'node:path';
import { type TritonLocalError, userError } from '../base/index.ts';
import type { FailedMessage, StartCause } from './messages.ts';
import { missingPackageHint } from './missing-package.ts';
import type { ScorePoolOptions } from './score-pool.ts';

/** A Python traceback, as the `cause` of the error that it led to. */
export class PythonTraceback extends Error {
  override readonly name = 'PythonTraceback';
}

/** The cause of a SCRIPT_FAILED whose script exceeded its time limit, with Python's traceback if known. */
export class ScriptTimeout extends PythonTraceback {}

/**
 * Makes a SCRIPT_FAILED of a script that did not start: the real server's message
 * (docs/reference/azureml.md#input-of-run), the location in the user's files, and Python's traceback as the cause.
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

/** A script that ended its process, or made it hang, while it was being loaded. */
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

function findHint(failed: FailedMessage, options: ScorePoolOptions): string | undefined {
  if (failed.missing) return 'check --entry-script';
  if (failed.stage === 'timeout') return 'make init() faster, or give it more time with --timeout';
  if (failed.cause) return hintFor(failed.cause, options);
  if (failed.module === null) return undefined;
  return missingPackageHint(failed.module, options.packages);
}

function hintFor({ kind, name }: StartCause, { entryScript, sourceDirectory }: ScorePoolOptions): string {
  switch (kind) {
    case 'beside-script': {
      const own = path.dirname(entryScript);
      const renamed = name === null ? '' : `, or import it as ${name}`;
      return `only ${sourceDirectory} is on sys.path, as in the cloud: make the script's folder the source directory (--code ${own}; in v2 it is code_configuration.code)${renamed}`;
    }
    case 'relative-import':
      return 'the server runs the script as a file, not as part of a package, in the cloud as here: import by the name from the source directory, without the leading dot';
    case 'parsed-arguments':
      return "sys.argv holds the server's own arguments, in the cloud as here: use parse_args([]) or parse_known_args(), or parse only under `if __name__ == '__main__':`";
    case 'exit':
      return 'the script ends the process while it is being loaded: remove the exit, or put it under `if __name__ == "__main__":`';
  }
}
