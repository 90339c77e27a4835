import fc from 'fast-check';
import { expect, it } from 'vitest';
import { contentOf, HELPER, ONNX, PBTXT, SCRIPT, startFake } from './fakes.ts';

const EXTRA = '/p/models/extra/config.pbtxt';

/** What a user and a machine do, and how long until the next thing. */
const step = fc.record({
  file: fc.constantFrom(SCRIPT, HELPER, ONNX, PBTXT, EXTRA),
  content: fc.constantFrom('a', 'b', 'c', '', 'broken', undefined),
  /** Whether an event announces it. */
  hinted: fc.boolean(),
  warmMs: fc.constantFrom(0, 5, 60, 100, 900),
  pauseMs: fc.constantFrom(0, 1, 10, 45, 79, 80, 81, 249, 300, 2_500),
  other: fc.constantFrom('nothing', 'nothing', 'reload', 'pause', 'resume', 'reload digits'),
});

it('serves the last content in the end, whatever was saved and when, one application at a time', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 14 }), fc.boolean(), async (steps, waits) => {
    const { clock, disk, reloader, fakeWatching, target, events } = startFake();
    target.waits = waits;
    reloader.watch(fakeWatching);
    let asked = 0;
    let answered = 0;
    for (const { file, content, hinted, warmMs, pauseMs, other } of steps) {
      target.warmMs = warmMs;
      if (content === undefined) disk.remove(file);
      else disk.write(file, content);
      if (hinted) reloader.hint();
      if (other === 'pause') reloader.pause();
      if (other === 'resume') reloader.resume();
      if (other === 'reload' || other === 'reload digits') {
        asked += 1;
        const count = () => {
          answered += 1;
        };
        void reloader.reload(other === 'reload' ? undefined : 'digits').then(count, count);
      }
      await clock.advance(pauseMs);
    }
    reloader.resume();
    await clock.advance(20_000);

    const now = disk.snapshot();
    for (const key of ['workers', 'digits', 'extra']) {
      const content = contentOf(key, now);
      // What is broken leaves what served before; so does what was broken when the target was asked.
      if (content?.includes('broken')) expect(target.served.get(key)).not.toBe(content);
      else expect(target.served.get(key)).toBe(content);
    }
    expect(target.overlapped).toBe(false);
    expect(answered).toBe(asked);
    checkOutcomes(events.map(({ type }) => type));

    const applications = target.calls.length;
    await clock.advance(60_000);
    expect(target.calls).toHaveLength(applications);
    await reloader[Symbol.asyncDispose]();
    expect(clock.timers).toBe(0);
  });
  await fc.assert(property, { numRuns: 400 });
}, 60_000);

/** An application that ends is announced before, and no announcement has two ends. */
function checkOutcomes(types: readonly string[]): void {
  let planned = 0;
  for (const type of types) {
    if (type === 'reload.planned') planned += 1;
    if (type === 'reload.failed') {
      expect(planned).toBeGreaterThan(0);
      planned = 0;
    }
  }
}
