import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { thisSystem } from '../../../src/base/process-system.ts';
import { killTree } from '../../../src/base/process-tree.ts';

function recorder(platform: string) {
  const calls: unknown[] = [];
  return {
    calls,
    platform,
    kill: (pid: number, signal: string) => void calls.push([pid, signal]),
    run: (program: string, args: readonly string[]) => void calls.push([program, ...args]),
  };
}

it('asks Windows to end a process with its children, who have no group there', () => {
  const windows = recorder('win32');
  killTree(42, windows);
  expect(windows.calls).toEqual([['taskkill', '/PID', '42', '/T', '/F']]);
});

it('ends the group elsewhere', () => {
  const mac = recorder('darwin');
  killTree(42, mac);
  expect(mac.calls).toEqual([[-42, 'SIGKILL']]);
});

it('never ends the group of number 0, which is our own', () => {
  const linux = recorder('linux');
  killTree(0, linux);
  expect(linux.calls).toEqual([]);
});

it.skipIf(process.platform === 'win32')('takes what a process started with it', async () => {
  const shell = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = await once(shell.stdout, 'data');
  killTree(shell.pid ?? 0);
  await once(shell, 'exit');
  // Null once it is gone, empty if it is a zombie.
  const started = async () => (await thisSystem().startOf(Number(String(line)))) || 'gone';
  await expect.poll(started).toBe('gone');
  killTree(shell.pid ?? 0);
});
