import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ownIdentity, parseIdentity, verdictOn } from '../../../src/base/process-identity.ts';
import { type ProcessSystem, thisSystem } from '../../../src/base/process-system.ts';

const onLinux = it.runIf(process.platform === 'linux');
const onUnix = it.skipIf(process.platform === 'win32');
const HOUR_MS = 3_600_000;

/** A system in which one process runs, which began at `start`. */
function fakeSystem(
  platform: string,
  start: string | null = '100',
  other: Partial<ProcessSystem> = {},
): ProcessSystem {
  return {
    platform,
    host: 'laptop',
    pid: 7,
    bootedAt: () => Date.now() - HOUR_MS,
    machine: async () => 'machine',
    boot: async () => (platform === 'win32' ? null : 'boot'),
    pidNamespace: async () => (platform === 'linux' ? 'ns' : null),
    exists: (pid) => pid === 8,
    startOf: async () => start,
    isSameStart: (one, two) => one === two,
    ...other,
  };
}
const of8 = async (system: ProcessSystem) => ({ ...(await ownIdentity(system)), pid: 8 });

describe('the verdict on a process', () => {
  it('of this system: we live, one that ended is gone', async () => {
    const own = await ownIdentity();
    expect(await verdictOn(own)).toBe('lives');
    expect(await verdictOn({ ...own, pid: spawnSync(process.execPath, ['-e', '']).pid })).toBe('gone');
  });

  onUnix('is that it lives while it is stopped', async () => {
    const child = spawn('sleep', ['60']);
    try {
      const started = await thisSystem().startOf(child.pid ?? 0);
      child.kill('SIGSTOP');
      expect(await verdictOn({ ...(await ownIdentity()), pid: child.pid ?? 0, started })).toBe('lives');
    } finally {
      child.kill('SIGKILL');
    }
  });

  onUnix('is that it is gone once its number was given to another', async () => {
    expect(await verdictOn({ ...(await ownIdentity()), started: 'another time' })).toBe('gone');
  });

  onLinux('is that it is gone when nobody has collected it yet', async () => {
    const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = await once(shell.stdout, 'data');
      const zombie = { ...(await ownIdentity()), pid: Number(String(line)) };
      await expect.poll(() => verdictOn(zombie)).toBe('gone');
    } finally {
      shell.kill('SIGKILL');
    }
  });

  onLinux('is unknown for one of another process namespace', async () => {
    const own = await ownIdentity();
    expect(await verdictOn({ ...own, pid: 4_000_000, pidNamespace: 'pid:[1]' })).toBe('unknown');
  });

  it.each(['linux', 'darwin', 'win32'])('on %s: lives, gone, recycled, another machine', async (platform) => {
    const system = fakeSystem(platform);
    const known = await of8(system);
    expect(await verdictOn(known, system)).toBe('lives');
    expect(await verdictOn({ ...known, pid: 9 }, system)).toBe('gone');
    expect(await verdictOn(known, fakeSystem(platform, '200'))).toBe('gone');
    expect(await verdictOn(known, fakeSystem(platform, ''))).toBe('gone');
    expect(await verdictOn(known, fakeSystem(platform, null))).toBe('unknown');
    const elsewhere = {
      ...known,
      host: 'server',
      machine: 'other',
      boot: platform === 'win32' ? null : 'other',
    };
    expect(await verdictOn({ ...elsewhere, pid: 9 }, system)).toBe('unknown');
    expect(await verdictOn(known, fakeSystem('another system'))).toBe('unknown');
  });

  it('after a restart of the machine is that it is gone', async () => {
    const system = fakeSystem('linux');
    const before = { ...(await of8(system)), boot: 'earlier', recordedAt: Date.now() - 2 * HOUR_MS };
    expect(await verdictOn(before, system)).toBe('gone');
  });

  it('is unknown for a foreign boot that this one does not follow', async () => {
    const system = fakeSystem('linux');
    const now = { ...(await of8(system)), boot: 'foreign' };
    expect(await verdictOn(now, system)).toBe('unknown');
    const earlier = Date.now() - 2 * HOUR_MS;
    expect(await verdictOn({ ...now, host: 'other', recordedAt: earlier }, system)).toBe('unknown');
    expect(await verdictOn({ ...now, machine: null, recordedAt: earlier }, system)).toBe('unknown');
  });

  it('does not depend on the clock', async () => {
    const system = fakeSystem('linux', '100', { bootedAt: () => Date.now() + HOUR_MS });
    expect(await verdictOn({ ...(await of8(system)), recordedAt: 0 }, system)).toBe('lives');
  });
});

describe('an identity', () => {
  it('survives a file', async () => {
    const own = await ownIdentity();
    expect(parseIdentity(JSON.parse(JSON.stringify(own)))).toEqual(own);
  });

  it.each([null, 'text', {}, { pid: 1 }])('is not read from %j', (value) => {
    expect(parseIdentity(value)).toBeUndefined();
  });
});
