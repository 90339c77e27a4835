import { constants } from 'node:os';

/** The number of SIGBREAK on Windows; Node's table lacks it on other systems. */
const SIGBREAK = 21;

/** The signals that ask us to stop; on Windows also Ctrl+Break. Closing a console window sends SIGHUP there. */
export function endingSignals(platform: NodeJS.Platform = process.platform): readonly NodeJS.Signals[] {
  return ['SIGINT', 'SIGTERM', 'SIGHUP', ...(platform === 'win32' ? (['SIGBREAK'] as const) : [])];
}

/** npm and shells deliver one interruption several times; signals this soon after the first belong to it. */
const SAME_INTERRUPTION_MS = 300;

export interface Interruption {
  readonly reason: string;
  /** 128 plus the signal's number, as in shells; 0 if the user left with `q`. */
  readonly exitCode: number;
}

/**
 * The first interruption: a signal, or what `left` resolves with. A later signal ends the process at once: children
 * notice by their closed pipes, and the next start sweeps the state folder.
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
        if (askedAt !== undefined && performance.now() - askedAt > SAME_INTERRUPTION_MS)
          process.exit(exitCode);
        ask({ reason: signal, exitCode });
      });
    }
  });
}

/** The signal that the first interruption aborts, and the exit status for it. */
export interface Cancellation {
  readonly signal: AbortSignal;
  /** 0 until the interruption. */
  readonly exitCode: number;
}

/** Turns the first interruption into an abort. */
export function cancelOnInterruption(): Cancellation {
  const interrupted = new AbortController();
  let exitCode = 0;
  void nextInterruption().then((interruption) => {
    exitCode = interruption.exitCode;
    interrupted.abort();
  });
  return {
    signal: interrupted.signal,
    get exitCode() {
      return exitCode;
    },
  };
}

/** Runs a task that a signal cancels. The exit status is 0, or the signal's once the cancelled task has ended. */
export async function untilInterrupted(task: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const cancellation = cancelOnInterruption();
  try {
    await task(cancellation.signal);
    return 0;
  } catch (error) {
    if (cancellation.signal.aborted) return cancellation.exitCode;
    throw error;
  }
}
