import { execa } from 'execa';
import { systemError } from '../base/index.ts';

/** @throws DEBUGPY_MISSING; nothing is installed into a Python that the user provides. */
export async function requireDebugger(
  interpreter: string,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const { failed, stderr } = await execa(interpreter, ['-c', 'import debugpy'], {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    windowsHide: true,
  });
  if (!failed) return;
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  throw systemError('DEBUGPY_MISSING', `${interpreter} cannot import debugpy (${reason})`, {
    hint: `install it: ${interpreter} -m pip install debugpy; or omit --python`,
  });
}
