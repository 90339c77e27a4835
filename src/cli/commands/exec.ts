import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import path from 'node:path';
import { hasErrno, systemError, userError } from '../../base/index.ts';
import { currentEnvironment } from '../../config/index.ts';
import { endingSignals } from '../signals.ts';
import { packageDirectory } from '../version.ts';

/**
 * `triton-local exec -- CMD`: runs a command whose Python finds our `azureml.core` before an installed one, so that a
 * script for the cloud deploys here. Ends with the command's status.
 */
export async function exec(command: readonly string[]): Promise<number> {
  const [program, ...args] = command;
  if (program === undefined)
    throw userError('CONFIG_INVALID', 'give a command, as in: exec -- python deploy.py');
  const environment = currentEnvironment();
  const dist = path.join(packageDirectory(), 'dist');
  const [, cli = ''] = process.argv;
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: {
      ...environment,
      PYTHONPATH: [path.join(dist, 'azureml-sdk'), environment.PYTHONPATH]
        .filter(Boolean)
        .join(path.delimiter),
      TRITON_LOCAL_HARNESS: path.join(dist, 'harness'),
      TRITON_LOCAL_CLI: JSON.stringify([process.execPath, cli]),
    },
  });
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
