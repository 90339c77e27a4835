import { afterEach, expect, it } from 'vitest';
import { endingSignals, nextInterruption } from '../../../src/cli/signals.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const;
const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));

afterEach(() => {
  for (const signal of SIGNALS)
    for (const listener of process.listeners(signal))
      if (!before.get(signal)?.includes(listener)) process.off(signal, listener);
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends with %i on every system', async (signal, exitCode) => {
  const asked = nextInterruption();
  process.emit(signal, signal);
  expect(await asked).toEqual({ reason: signal, exitCode });
});

it('Ctrl+Break ends on Windows, with the number that it has there', async () => {
  const asked = nextInterruption(undefined, 'win32');
  process.emit('SIGBREAK', 'SIGBREAK');
  expect(await asked).toEqual({ reason: 'SIGBREAK', exitCode: 128 + 21 });
});

it('Ctrl+Break is no signal elsewhere', () => {
  expect(endingSignals('darwin')).not.toContain('SIGBREAK');
  expect(endingSignals('linux')).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP']);
});
