import { hasErrno } from './errors.ts';

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 1_000;

/** Whether Windows refuses a file or folder because another process, often a virus scanner, has it open. */
export function isHeld(error: unknown, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' && hasErrno(error, 'EPERM', 'EACCES', 'EBUSY');
}

/**
 * Retries an action on files for up to two seconds while another process holds them open, with growing pauses.
 * @throws the action's error, if it is of another kind or the time is up
 */
export async function retryWhileHeld<Result>(
  action: () => Promise<Result>,
  platform: NodeJS.Platform = process.platform,
): Promise<Result> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
    try {
      return await action();
    } catch (error) {
      if (!isHeld(error, platform) || pauseMs > LONGEST_PAUSE_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
