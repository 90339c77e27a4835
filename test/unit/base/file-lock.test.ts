import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../src/base/file-lock.ts';
import { ownIdentity, type ProcessIdentity } from '../../../src/base/process-identity.ts';
import { thisSystem } from '../../../src/base/process-system.ts';

describe('withFileLock', () => {
  let directory: string;
  let file: string;
  let children: ChildProcess[] = [];
  const { signal } = new AbortController();
  const nobody = () => undefined;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-'));
    file = path.join(directory, 'deep', 'a.lock');
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
    await rm(directory, { recursive: true });
  });

  const writeLock = async (holder: Partial<ProcessIdentity>) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ token: 'x', holder: { ...(await ownIdentity()), ...holder } }));
  };
  const take = (signal: AbortSignal) => withFileLock(file, signal, nobody, async () => 'taken');
  /** Waits long enough for a theft to have happened. */
  const expectKept = async () => {
    await expect(take(AbortSignal.timeout(150))).rejects.toThrow();
    expect(existsSync(file)).toBe(true);
  };

  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const task = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
    };
    let waited = 0;
    const run = () => withFileLock(file, signal, () => waited++, task);
    await Promise.all([run(), run(), run()]);
    expect(most).toBe(1);
    expect(waited).toBe(2);
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  it('is free again after a task that failed', async () => {
    const failing = withFileLock(file, signal, nobody, () => Promise.reject(new Error('x')));
    await expect(failing).rejects.toThrow('x');
    expect(existsSync(file)).toBe(false);
  });

  it('takes over the lock of a process that died', async () => {
    await writeLock({ pid: spawnSync(process.execPath, ['-e', '']).pid });
    await expect(take(signal)).resolves.toBe('taken');
  });

  it.runIf(process.platform !== 'win32')(
    'takes over the lock of a process whose number was given away',
    async () => {
      await writeLock({ pid: process.ppid, started: 'earlier' });
      await expect(take(signal)).resolves.toBe('taken');
    },
  );

  it('lets one in at a time of many that find the lock of a dead process', async () => {
    await writeLock({ pid: spawnSync(process.execPath, ['-e', '']).pid });
    let inside = 0;
    let most = 0;
    const run = () =>
      withFileLock(file, signal, nobody, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 10 }, run));
    expect(most).toBe(1);
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  it('keeps the lock of a process that lives, however old the file looks', async () => {
    await writeLock({});
    const longAgo = new Date(0);
    await utimes(file, longAgo, longAgo);
    await expectKept();
  });

  it.runIf(process.platform !== 'win32')('keeps the lock of a process that is stopped', async () => {
    const child = spawn('sleep', ['60']);
    children.push(child);
    const pid = child.pid ?? 0;
    await writeLock({ pid, started: await thisSystem().startOf(pid) });
    child.kill('SIGSTOP');
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(file, longAgo, longAgo);
    await expectKept();
    child.kill('SIGKILL');
    await expect(take(signal)).resolves.toBe('taken');
  });

  it('keeps the lock of a process that cannot be seen from here, and names it', async () => {
    await writeLock({ host: 'other', machine: 'other', boot: 'other', pid: 4_000_000 });
    await expectKept();
    let holder = '';
    const waiting = withFileLock(
      file,
      AbortSignal.timeout(50),
      (text) => {
        holder = text;
      },
      async () => 'never',
    );
    await expect(waiting).rejects.toThrow();
    expect(holder).toBe('process 4000000 on other');
  });

  it('is put in place whole', async () => {
    let text = '';
    await withFileLock(file, signal, nobody, async () => {
      text = await readFile(file, 'utf8');
    });
    expect(JSON.parse(text).holder.pid).toBe(process.pid);
  });

  it('stops waiting when the signal aborts, and leaves the lock to its holder', async () => {
    const held = makeGate();
    const entered = makeGate();
    const holder = withFileLock(file, signal, nobody, () => {
      entered.resolve();
      return held.promise;
    });
    await entered.promise;
    const controller = new AbortController();
    const waiting = withFileLock(
      file,
      controller.signal,
      () => controller.abort(),
      async () => 'never',
    );
    await expect(waiting).rejects.toThrow();
    expect(existsSync(file)).toBe(true);
    held.resolve();
    await holder;
  });
});

function makeGate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
