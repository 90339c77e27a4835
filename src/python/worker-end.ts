import { messageOf, systemError } from '../base/index.ts';
import type { WorkerExit } from './worker-process.ts';

/** A process that ended before it reported how its script started. */
export interface LostStart {
  readonly interpreter: string;
  readonly exit: WorkerExit;
  /** Whether the harness had started. */
  readonly hasStarted: boolean;
  /** The last lines of its stderr. */
  readonly tail: readonly string[];
}

/**
 * The error for a start without a report: PYTHON_MISSING if the process could not be started, otherwise
 * WORKER_FAILED.
 */
export function startLost({ interpreter, exit, hasStarted, tail }: LostStart): Error {
  const { startError } = exit;
  if (startError !== undefined) {
    return systemError('PYTHON_MISSING', `${interpreter} cannot be started (${messageOf(startError)})`, {
      hint: 'name a Python 3.8 or newer with --python',
      cause: startError,
    });
  }
  const last = tail.at(-1);
  const shown = last === undefined ? '' : `; its last line was: ${last}`;
  const when = hasStarted ? 'while the script was being loaded' : 'before it could load the script';
  return systemError('WORKER_FAILED', `a Python worker ${describeExit(exit)} ${when}${shown}`, {
    cause: new Error(tail.join('\n')),
  });
}

/** Describes how a process ended, as the predicate of a sentence. */
export function describeExit({ code, signal }: WorkerExit): string {
  if (signal === 'SIGKILL') return 'was ended by SIGKILL (which the system sends when memory runs out)';
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
}
