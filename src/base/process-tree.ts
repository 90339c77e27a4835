import { execFile } from 'node:child_process';

/** Ends processes; a parameter, so that tests can simulate another system. */
export interface ProcessEnder {
  readonly platform: string;
  kill(pid: number, signal: NodeJS.Signals): void;
  run(program: string, args: readonly string[]): void;
}

const thisSystem: ProcessEnder = {
  platform: process.platform,
  kill: (pid, signal) => process.kill(pid, signal),
  // The end of the process shows whether this had any effect.
  run: (program, args) => execFile(program, args, { windowsHide: true }, () => undefined),
};

/**
 * Kills a process and all its descendants. Except on Windows, it must lead its own process group, and may have ended
 * already. Windows knows a process tree only while its root runs: the caller makes sure it does, since its ID may be
 * reused afterwards.
 */
export function killTree(pid: number, ender: ProcessEnder = thisSystem): void {
  if (pid <= 0) return;
  try {
    if (ender.platform === 'win32') ender.run('taskkill', ['/PID', String(pid), '/T', '/F']);
    else ender.kill(-pid, 'SIGKILL');
  } catch {
    // All of the group has ended already.
  }
}
