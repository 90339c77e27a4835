import { execFile } from 'node:child_process';

/** What ends processes; a parameter, so that tests can be another system. */
export interface ProcessEnder {
  readonly platform: string;
  kill(pid: number, signal: NodeJS.Signals): void;
  run(program: string, args: readonly string[]): void;
}

const thisSystem: ProcessEnder = {
  platform: process.platform,
  kill: (pid, signal) => process.kill(pid, signal),
  // Whether it did anything shows in the end of the process.
  run: (program, args) => execFile(program, args, { windowsHide: true }, () => undefined),
};

/**
 * Ends a process and all that it has started, at once. Elsewhere than on Windows it must lead a group of its own, and
 * may have ended itself already. Windows knows the family of a process only while that runs: the caller makes sure it
 * does, since its number may be another's afterwards.
 */
export function killTree(pid: number, ender: ProcessEnder = thisSystem): void {
  if (pid <= 0) return;
  try {
    if (ender.platform === 'win32') ender.run('taskkill', ['/PID', String(pid), '/T', '/F']);
    else ender.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended already.
  }
}
