import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, sanitize, widthOf, wrap } from '../../../src/ui/text.ts';
import { costOfTenfold } from '../../helpers/growth.ts';

const ESC = '\u001B';

describe('sanitize', () => {
  it('keeps colours where they are wanted and nothing else that controls a terminal', () => {
    const hostile = `${ESC}[31mred${ESC}[0m${ESC}[2J${ESC}[H${ESC}]0;title\u0007${ESC}[?1049l${ESC}Pq${ESC}\\${ESC}7\u0007\u0008\u009B3Jx`;
    expect(sanitize(hostile, true)).toBe(`${ESC}[31mred${ESC}[0mx${ESC}[0m`);
    expect(sanitize(hostile, false)).toBe('redx');
  });

  it('removes what turns text around or breaks lines', () => {
    expect(sanitize('a\u202Eb\u2066c\u2028d\u0000e', true)).toBe('abcde');
  });

  it('expands tabs to the next stop', () => {
    expect(sanitize('a\tb\t\tc', true)).toBe(`a${' '.repeat(7)}b${' '.repeat(15)}c`);
    expect(sanitize('\tx', true)).toBe(`${' '.repeat(8)}x`);
    expect(sanitize('日本\tx', true)).toBe(`日本${' '.repeat(4)}x`);
  });

  it('shows the last state of a line that a progress bar rewrote', () => {
    expect(sanitize('10 %\r50 %\r100 %', true)).toBe('100 %');
    expect(sanitize('100 %\r', true)).toBe('100 %');
    expect(sanitize('\r\r', true)).toBe('');
  });

  it('cuts endless lines', () => {
    expect(sanitize('x'.repeat(100_000), true)).toHaveLength(4_096);
  });

  it.each(['\t', '\r', `${ESC}]`, `${ESC}[`, `${ESC}[31m`, '\u0001', '日', '👨‍👩‍👧'])(
    'takes time in proportion to a line of %j',
    (piece) => {
      const cost = costOfTenfold((size) => sanitize(`${piece.repeat(size)}x`, true), 2_000);
      expect(cost).toBeLessThan(50);
    },
  );

  it('never lets an escape through that is not a colour', () => {
    const pieces = fc.constantFrom(
      ESC,
      '[',
      '3',
      '1',
      ';',
      'm',
      'J',
      ']',
      '\u0007',
      '\\',
      '\u009B',
      'x',
      '\t',
      'P',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        const rest = sanitize(parts.join(''), true).replaceAll(new RegExp(`${ESC}\\[[0-9;:]*m`, 'g'), '');
        expect(rest).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('cut', () => {
  it('leaves what fits and marks what it shortens', () => {
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abcd', 3)).toBe('ab…');
    expect(cut('abcd', 1)).toBe('…');
    expect(cut('abcd', 0)).toBe('');
  });

  it('counts columns, not characters, and closes colours', () => {
    expect(cut('日本語テキスト', 6)).toBe('日本…');
    expect(widthOf('日本語')).toBe(6);
    expect(cut(`${ESC}[31mlong red text${ESC}[0m`, 8)).toBe(`${ESC}[31mlong re…${ESC}[39m`);
  });

  it('never exceeds the width, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.nat(30), (text, width) => {
        const safe = sanitize(text, true);
        expect(widthOf(cut(safe, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('wrap', () => {
  it('breaks at spaces, and inside a word that no line can hold', () => {
    expect(wrap('one two three', 8, 8)).toEqual(['one two', 'three']);
    expect(wrap('x'.repeat(10), 4, 4)).toEqual(['xxxx', 'xxxx', 'xx']);
  });

  it('gives the first line its own width', () => {
    expect(wrap('one two three four', 7, 12)).toEqual(['one two', 'three four']);
    expect(wrap('one two', 2, 12)).toEqual(['', 'one two']);
  });
});
