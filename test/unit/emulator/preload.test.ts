import { expect, it } from 'vitest';
import { choosePreload } from '../../../src/emulator/script-start.ts';

const asked = { WORKER_PRELOAD: 'True' };

it('forks workers on systems that can', () => {
  for (const platform of ['linux', 'darwin'] as const)
    expect(choosePreload(asked, 2, platform)).toEqual({ preloads: true });
  expect(choosePreload({}, 2, 'linux')).toEqual({ preloads: false });
});

it('says on Windows that it cannot, if that makes a difference', () => {
  const { preloads, notice } = choosePreload(asked, 2, 'win32');
  expect(preloads).toBe(false);
  expect(notice).toMatch(/no effect on Windows, which cannot fork/);
  expect(choosePreload(asked, 1, 'win32')).toEqual({ preloads: false });
  expect(choosePreload({}, 2, 'win32')).toEqual({ preloads: false });
});
