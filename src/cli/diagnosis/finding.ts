import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** `problem`: nothing works without it; `lacking`: something optional is missing; `ok`. */
export type Verdict = 'ok' | 'lacking' | 'problem';

export interface Finding {
  readonly subject: string;
  readonly verdict: Verdict;
  readonly detail: string;
  /** What to do about it; a command if there is one. */
  readonly remedy?: string;
}

export type Environment = Readonly<Record<string, string>>;

/** The limit of each check. All run at once, so together they take no longer. */
export const LIMIT_MS = 2_500;

/** A check with a good result, or one with a problem that the remedy solves. */
export const ok = (subject: string, detail: string): Finding => ({ subject, verdict: 'ok', detail });
export const lacking = (subject: string, detail: string, remedy?: string): Finding => ({
  subject,
  verdict: 'lacking',
  detail,
  ...(remedy && { remedy }),
});
export const problem = (subject: string, detail: string, remedy: string): Finding => ({
  subject,
  verdict: 'problem',
  detail,
  remedy,
});

/** What a program printed; undefined if it is missing, failed or took too long. */
export async function outputOf(
  command: string,
  args: readonly string[],
  environment: Environment,
): Promise<string | undefined> {
  try {
    const limits = { timeout: LIMIT_MS - 300, env: environment, windowsHide: true };
    return (await promisify(execFile)(command, args, limits)).stdout.trim();
  } catch {
    return undefined;
  }
}

export const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
