import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { doubleValue } from '../../../src/kserve/json-double.ts';

const read = (text: string) => doubleValue(text, 0, text.length);

describe('doubleValue', () => {
  it.each([
    ['0.1', 0.1],
    ['-2.5e3', -2500],
    ['123456789', 123456789],
    ['5e-324', 5e-324],
    ['1e309', Number.POSITIVE_INFINITY],
    ['1e-400', 0],
    // Not the nearest doubles, but the ones that a real Triton makes of these texts.
    ['123456789.123456789', 123456789.1234568],
    ['179769313486231570000000000000000000000', 1.797693134862316e38],
  ])('reads %s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it('distinguishes -0 from -0.0, as Triton does: the first is an integer', () => {
    expect(Object.is(read('-0'), 0)).toBe(true);
    expect(Object.is(read('-0.0'), -0)).toBe(true);
  });

  it('is never further from the nearest double than a few of its last bits', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: 1e-290, max: 1e290 }), (value) => {
        const text = String(value).replace('+', '');
        expect(Math.abs(read(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-15);
      }),
    );
  });
});
