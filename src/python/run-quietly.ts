import { execa } from 'execa';

const LIMIT_MS = 10_000;

/** What a program prints on stdout, without input and stderr; undefined if it is missing, fails or takes too long. */
export async function runQuietly(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const { stdout, failed } = await execa(command, args, {
    env: environment,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: LIMIT_MS,
    windowsHide: true,
  });
  return failed ? undefined : stdout;
}
