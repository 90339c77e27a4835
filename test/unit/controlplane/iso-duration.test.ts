import { describe, expect, it } from 'vitest';
import { durationMs, isoDuration } from '../../../src/controlplane/endpoints/iso-duration.ts';

describe('ISO 8601 durations', () => {
  it.each([
    ['PT0S', 0],
    ['PT5S', 5_000],
    ['PT0.25S', 250],
    ['PT1M', 60_000],
    ['PT1M30.5S', 90_500],
    ['PT90M', 5_400_000],
  ])('%s is %i ms, and back', (text, milliseconds) => {
    expect(durationMs(text, 'timeout')).toBe(milliseconds);
    expect(isoDuration(milliseconds)).toBe(text);
  });

  it.each([
    ['PT1H', 3_600_000],
    ['P1DT2H', 93_600_000],
    ['PT90S', 90_000],
  ])('%s is read too', (text, milliseconds) => {
    expect(durationMs(text, 'timeout')).toBe(milliseconds);
  });

  it.each(['', 'P', 'PT', '5', 'PT-5S', 'PT5X', 'P1Y'])(
    '"%s" is refused by the name of its member',
    (text) => {
      expect(() => durationMs(text, 'probe.timeout')).toThrow(/^probe\.timeout: /);
    },
  );
});
