import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isTaken } from '../../../src/base/file-lock.ts';
import { isHeld, retryWhileHeld } from '../../../src/base/index.ts';

const refusal = (code: string) => Object.assign(new Error(code), { code });

describe('a file that another process holds', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is known on Windows only: elsewhere the same errors are about rights', () => {
    for (const code of ['EPERM', 'EACCES', 'EBUSY']) {
      expect(isHeld(refusal(code), 'win32')).toBe(true);
      expect(isHeld(refusal(code), 'darwin')).toBe(false);
    }
    expect(isHeld(refusal('ENOENT'), 'win32')).toBe(false);
  });

  it('is waited for', async () => {
    let tries = 0;
    const action = async () => {
      tries += 1;
      if (tries < 4) throw refusal('EPERM');
      return 'renamed';
    };
    const result = retryWhileHeld(action, 'win32');
    await vi.runAllTimersAsync();
    expect(await result).toBe('renamed');
  });

  it('is given up after two seconds, with its own error', async () => {
    const began = Date.now();
    const result = retryWhileHeld(async () => Promise.reject(refusal('EBUSY')), 'win32').catch(
      (error: unknown) => error,
    );
    await vi.runAllTimersAsync();
    expect(await result).toMatchObject({ code: 'EBUSY' });
    expect(Date.now() - began).toBeGreaterThan(1_000);
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  it('is refused at once elsewhere, and for other errors', async () => {
    await expect(retryWhileHeld(() => Promise.reject(refusal('EPERM')), 'linux')).rejects.toThrow('EPERM');
    await expect(retryWhileHeld(() => Promise.reject(refusal('ENOENT')), 'win32')).rejects.toThrow('ENOENT');
  });
});

it('a lock file that is deleted but still open counts as taken on Windows, where making it is EPERM', () => {
  expect(isTaken(refusal('EPERM'), 'win32')).toBe(true);
  expect(isTaken(refusal('EPERM'), 'linux')).toBe(false);
  for (const platform of ['linux', 'darwin', 'win32'] as const)
    expect(isTaken(refusal('EEXIST'), platform)).toBe(true);
});
