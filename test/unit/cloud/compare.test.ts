import { describe, expect, it } from 'vitest';
import { compareJson, show } from '../../../src/cloud/smoke/compare.ts';

const tolerance = { absolute: 1e-6, relative: 1e-5 };
const compare = (expected: unknown, actual: unknown, more: object = {}) =>
  compareJson(expected, actual, { at: 'json', tolerance, ...more });

describe('numbers', () => {
  it.each([
    [0.9, 0.900_009],
    [0, 1e-6],
    [-1.5, -1.500_01],
    [7, 7],
    [Number.NaN, Number.NaN],
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [0, -0],
    [9_007_199_254_740_993n, 9_007_199_254_740_993n],
  ])('%s is %s', (expected, actual) => {
    expect(compare(expected, actual)).toEqual([]);
  });

  it.each([
    [0.91, 0.12, 'json: expected 0.91 ± 1e-5, got 0.12'],
    [0.5, Number.NaN, 'json: expected 0.5 ± 6e-6, got NaN'],
    [Number.NaN, 0.5, 'json: expected NaN, got 0.5'],
    [Number.POSITIVE_INFINITY, 1e300, 'json: expected Infinity, got 1e+300'],
    [1.5, Number.POSITIVE_INFINITY, 'json: expected 1.5 ± 1.6e-5, got Infinity'],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 'json: expected Infinity, got -Infinity'],
    [9_007_199_254_740_993n, 9_007_199_254_740_992, 'json: expected 9007199254740993, got 9007199254740992'],
  ])('%s is not %s', (expected, actual, difference) => {
    expect(compare(expected, actual)).toEqual([difference]);
  });

  it('are exact where both are whole, since a class or an id has no rounding', () => {
    expect(compare(1_000_000, 1_000_001)).toHaveLength(1);
    expect(compare(1_000_000, 1_000_001, { tolerance: { absolute: 1, relative: 0 } })).toEqual([]);
    expect(compare(1_000_000, 1_000_001, { fractions: true })).toEqual([]);
  });

  it('are not the texts or truth values that look like them', () => {
    expect(compare(1, '1')).toEqual(['json: expected 1, got "1"']);
    expect(compare(true, 1)).toEqual(['json: expected true, got 1']);
    expect(compare('NaN', 'NaN')).toEqual([]);
    expect(compare(null, 0)).toEqual(['json: expected null, got 0']);
  });
});

describe('structures', () => {
  it('differ in what is missing, what is too much and where', () => {
    expect(compare({ a: [1, { b: 'x' }], c: 1 }, { a: [1, { b: 'y' }], d: 1 })).toEqual([
      'json.a[1].b: expected "x", got "y"',
      'json.c: missing',
      'json.d: not expected',
    ]);
    expect(compare([1, 2], [1])).toEqual(['json: expected 2 elements, got 1']);
    expect(compare({ a: 1 }, [1])).toEqual(['json: expected {"a":1}, got [1]']);
  });

  it('may hold more where only a part is expected', () => {
    expect(compare({ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, { partial: true })).toEqual([]);
  });

  it('have the keys of their own only, whatever every object inherits', () => {
    expect(compare({ toString: 'x' }, {})).toEqual(['json.toString: missing']);
    expect(compare({}, { constructor: 1 })).toEqual(['json.constructor: not expected']);
  });

  it('report the first differences and count the rest', () => {
    const lines = compare(Array(100).fill(0), Array(100).fill(1));
    expect(lines).toHaveLength(6);
    expect(lines[5]).toBe('and 95 more differences');
  });
});

describe('what is shown', () => {
  it('is cut', () => {
    expect(show('x'.repeat(1_000))).toHaveLength(120);
  });

  it('holds no secret, cut or escaped', () => {
    const secret = `"${'k'.repeat(40)}"`;
    const shown = show(`${'x'.repeat(100)}${secret}`, [secret]);
    expect(shown).not.toContain('kk');
  });
});
