import { type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { hasErrno, systemError } from '../base/index.ts';
import { endingSignals } from './signals.ts';

/**
 * Runs a program in this terminal and resolves with its exit status, or 128 plus the number of the signal that ended it.
 * @throws COMMAND_FAILED if it cannot be started.
 */
export function runCommand(
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, 'env' | 'shell'>,
): Promise<number> {
  const child = spawn(program, args, { ...options, stdio: 'inherit' });
  // A signal from the terminal reaches the command too; we end when it ends.
  for (const signal of endingSignals())
    process.on(signal, () => void (signal === 'SIGTERM' && child.kill(signal)));
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const why = hasErrno(cause, 'ENOENT') ? 'there is no such program' : cause.message;
      reject(systemError('COMMAND_FAILED', `${program} cannot be run: ${why}`, { cause }));
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
