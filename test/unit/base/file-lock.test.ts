import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFileLock } from '../../../src/base/file-lock.ts';

describe('withFileLock', () => {
  let directory: string;
  let file: string;
  const { signal } = new AbortController();
  const nobody = () => undefined;
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-'));
    file = path.join(directory, 'deep', 'a.lock');
  });
  afterEach(() => rm(directory, { recursive: true }));

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
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await withFileLock(file, signal, nobody, async () => undefined);
    await writeFile(file, `${dead} x`);
    await expect(withFileLock(file, signal, nobody, async () => 'taken')).resolves.toBe('taken');
  });

  it('takes over a lock that gave no sign of life', async () => {
    await withFileLock(file, signal, nobody, async () => undefined);
    await writeFile(file, `${process.pid} x`);
    const before = new Date(Date.now() - 60_000);
    await utimes(file, before, before);
    await expect(withFileLock(file, signal, nobody, async () => 'taken')).resolves.toBe('taken');
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
