import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** The Python with the real clients and servers, which `npm test` installs; undefined if that failed. */
export const peerPython: string | undefined = process.env.TRITON_LOCAL_TEST_PYTHON || undefined;

/** The same for tests that are skipped as a whole if it is undefined. */
export function requirePeerPython(): string {
  if (!peerPython) throw new Error('TRITON_LOCAL_TEST_PYTHON is not set: run the tests with npm test');
  return peerPython;
}

/** Runs Python code with arguments in `sys.argv[1:]` and resolves with what it printed. */
export async function runPython(code: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(requirePeerPython(), ['-c', code, ...args], {
    timeout: 60_000,
    maxBuffer: 1 << 26,
  });
  return stdout;
}

/** That Python for the models of an inference server. */
export async function modelPython() {
  return { interpreter: requirePeerPython(), environment: { PATH: process.env.PATH ?? '' } };
}
