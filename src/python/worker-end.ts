import { messageOf, systemError } from '../base/index.ts';
import type { WorkerExit } from './worker-process.ts';

/** A process that ended before it told how the start of its script went. */
export interface LostStart {
  readonly interpreter: string;
  readonly exit: WorkerExit;
  /** Whether the harness had come up. */
  readonly saidHello: boolean;
  /** Its last lines on stderr. */
  readonly tail: readonly string[];
}

/** The error for a start without an answer: PYTHON_MISSING where no process came to be, else WORKER_FAILED. */
export function startLost({ interpreter, exit, saidHello, tail }: LostStart): Error {
  const { startError } = exit;
  if (startError !== undefined) {
    return systemError('PYTHON_MISSING', `${interpreter} cannot be started (${messageOf(startError)})`, {
      hint: 'give the path of a Python 3.8 or newer with --python',
      cause: startError,
    });
  }
  const last = tail.at(-1);
  const told = last === undefined ? '' : `; its last line was: ${last}`;
  const when = saidHello ? 'while the script was loaded' : 'before it could load the script';
  return systemError('WORKER_FAILED', `a Python worker ${describeExit(exit)} ${when}${told}`, {
    cause: new Error(tail.join('\n')),
  });
}

/** What became of a process, as the rest of a sentence about it. */
export function describeExit({ code, signal }: WorkerExit): string {
  if (signal === 'SIGKILL') return 'was ended by SIGKILL (which the system sends where memory runs out)';
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
}
