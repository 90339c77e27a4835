import { afterEach, expect, it, vi } from 'vitest';
import { Suspension } from '../../../../src/ui/tui/suspension.ts';
import type { Terminal } from '../../../../src/ui/tui/terminal.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const make = (platform: NodeJS.Platform) =>
  new Suspension({} as Terminal, process.stdin, () => undefined, platform);

it('is left out on Windows, which has no job control', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const before = process.listenerCount('SIGTSTP');
  const end = make('win32').listen();
  expect(process.listenerCount('SIGTSTP')).toBe(before);
  end();
  make('win32').suspend();
  expect(kill).not.toHaveBeenCalled();
});

it.skipIf(process.platform === 'win32')('stops the whole job elsewhere, as the terminal would', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const before = process.listenerCount('SIGTSTP');
  const end = make('darwin').listen();
  expect(process.listenerCount('SIGTSTP')).toBe(before + 1);
  end();
  expect(process.listenerCount('SIGTSTP')).toBe(before);
  make('darwin').suspend();
  expect(kill).toHaveBeenCalledExactlyOnceWith(0, 'SIGTSTP');
});
