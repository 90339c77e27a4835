import { expect, it } from 'vitest';
import { BoundedEngine } from '../../../src/engines/bounded-engine.ts';
import type { RunningEngine } from '../../../src/engines/engine.ts';

/** An engine whose start does what the test says. */
function engine(start: (signal: AbortSignal) => Promise<RunningEngine>, limitMs: number | undefined) {
  return new BoundedEngine({ kind: 'native', start }, limitMs);
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new Error('undone'))),
  );
const never = new AbortController().signal;

function fakeRunning() {
  let disposed = 0;
  const running = {
    [Symbol.asyncDispose]: async () => {
      disposed += 1;
    },
  } as unknown as RunningEngine;
  return { running, disposals: () => disposed };
}

it('gives up a start that hangs, and says what and why', async () => {
  const starting = engine(untilAborted, 20).start(never);
  await expect(starting).rejects.toMatchObject({
    code: 'START_TIMED_OUT',
    message: 'the native engine was not up within 0.02 s',
    hint: expect.stringContaining('--timeout'),
  });
});

it('passes on starts and failures within the limit', async () => {
  const { running } = fakeRunning();
  expect(await engine(async () => running, 1_000).start(never)).toBe(running);
  const failing = engine(() => Promise.reject(new Error('no such library')), 1_000);
  await expect(failing.start(never)).rejects.toThrow('no such library');
});

it('waits until a start that was called off is undone, and stops an engine that came up all the same', async () => {
  const { running, disposals } = fakeRunning();
  const abort = new AbortController();
  const starting = engine(
    (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(running))),
    undefined,
  ).start(abort.signal);
  abort.abort(new Error('Ctrl+C'));
  await expect(starting).rejects.toThrow('Ctrl+C');
  expect(disposals()).toBe(1);
});
