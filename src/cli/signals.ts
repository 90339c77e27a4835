import { constants } from 'node:os';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  readonly reason: string;
  /** 128 and the signal's number, as shells have it. */
  readonly exitCode: number;
}

/**
 * The first signal that asks us to end. A second one ends the process at once: children notice that by their closed
 * pipes, and the next start sweeps what lies in the state folder.
 */
export function nextInterruption(): Promise<Interruption> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ENDING_SIGNALS) {
      process.on(signal, () => {
        const exitCode = 128 + constants.signals[signal];
        if (asked) process.exit(exitCode);
        asked = true;
        resolve({ reason: signal, exitCode });
      });
    }
  });
}
