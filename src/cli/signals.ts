import { constants } from 'node:os';

/** Windows has no number for SIGBREAK in Node's table on other systems; this is its own. */
const SIGBREAK = 21;

/** The signals that ask us to end: on Windows also Ctrl+Break. A console window that is closed sends SIGHUP there. */
export function endingSignals(platform: NodeJS.Platform = process.platform): readonly NodeJS.Signals[] {
  return ['SIGINT', 'SIGTERM', 'SIGHUP', ...(platform === 'win32' ? (['SIGBREAK'] as const) : [])];
}

/** npm and shells deliver one wish to end several times; what comes this soon after the first is the same wish. */
const SAME_WISH_MS = 300;

export interface Interruption {
  readonly reason: string;
  /** 128 and the signal's number, as shells have it; 0 where the user left by `q`. */
  readonly exitCode: number;
}

/**
 * The first wish to end: a signal, or what `left` resolves with. A signal that comes later than that ends the
 * process at once: children notice that by their closed pipes, and the next start sweeps the state folder.
 */
export function nextInterruption(
  left?: Promise<Interruption>,
  platform: NodeJS.Platform = process.platform,
): Promise<Interruption> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const ask = (interruption: Interruption) => {
      askedAt ??= performance.now();
      resolve(interruption);
    };
    void left?.then(ask);
    for (const signal of endingSignals(platform)) {
      process.on(signal, () => {
        const exitCode = 128 + (constants.signals[signal] ?? SIGBREAK);
        if (askedAt !== undefined && performance.now() - askedAt > SAME_WISH_MS) process.exit(exitCode);
        ask({ reason: signal, exitCode });
      });
    }
  });
}

/** Runs a task that a signal calls off: its exit status is 0, or the signal's once the task has ended for it. */
export async function untilInterrupted(task: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const asked = new AbortController();
  let exitCode = 0;
  void nextInterruption().then((interruption) => {
    exitCode = interruption.exitCode;
    asked.abort();
  });
  try {
    await task(asked.signal);
    return 0;
  } catch (error) {
    if (asked.signal.aborted) return exitCode;
    throw error;
  }
}
