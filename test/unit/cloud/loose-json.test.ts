import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, writeJson } from '../../../src/cloud/smoke/loose-json.ts';

describe('JSON as Python and Triton write it', () => {
  it('holds bare NaN and infinities', () => {
    expect(parseJson('{"a":[NaN,-Infinity, Infinity ],"b":"NaN, \\"Infinity"}')).toEqual({
      a: [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
      b: 'NaN, "Infinity',
    });
  });

  it('keeps integers of 64 bits, and takes digits of fractions and texts for no such thing', () => {
    expect(
      parseJson(
        '[9223372036854775807,-9007199254740993,9007199254740991,0.10000000149011612,"9223372036854775807"]',
      ),
    ).toEqual([
      9_223_372_036_854_775_807n,
      -9_007_199_254_740_993n,
      9_007_199_254_740_991,
      0.1 + 1.49011612e-9,
      '9223372036854775807',
    ]);
    expect(parseJson('[1000000000000000000.5, 10000000000000000000e3]')).toEqual([1e18, 1e22]);
  });

  it('is refused if it is invalid, with the reason', () => {
    for (const text of ['{"a":NaN', '[NaNs]', '<html>NaN</html>', '"\\u0000', ''])
      expect(() => parseJson(text), text).toThrow(SyntaxError);
  });

  it('reads a text of millions of characters', () => {
    const text = 'x\\"'.repeat(2_000_000);
    expect(parseJson(`{"text":"${text}","n":NaN}`)).toMatchObject({ n: Number.NaN });
  });

  it('comes back as it was, whatever it holds', () => {
    const special = fc.constantFrom(
      Number.NaN,
      Infinity,
      -Infinity,
      2n ** 63n - 1n,
      -(2n ** 60n),
      'NaN',
      '1',
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        special,
        fc.string(),
        fc.double().filter((number) => !Number.isInteger(number)),
        fc.integer(),
        fc.constantFrom(null, true, false),
        fc.array(tie('value')),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('value'),
          { noNullPrototype: true },
        ),
      ),
    }));
    fc.assert(
      fc.property(value, (any) => {
        expect(parseJson(writeJson(any))).toEqual(any);
      }),
    );
  });
});
