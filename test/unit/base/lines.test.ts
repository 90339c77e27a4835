import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, MAX_LINE_CHARACTERS } from '../../../src/base/index.ts';

function split(...chunks: (string | Buffer)[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('understands both line ends, empty lines and a missing last one', () => {
    expect(split('one\r\n\ntwo\nthree')).toEqual(['one', '', 'two', 'three']);
    expect(split('one\n')).toEqual(['one']);
    expect(split('')).toEqual([]);
    expect(split('one\r', '\ntwo')).toEqual(['one', 'two']);
  });

  it('gives the same lines wherever the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.nat(200), { maxLength: 12 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
          const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
            (a, b) => a - b,
          );
          const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
          expect(split(...chunks)).toEqual(lines);
        },
      ),
    );
  });

  it('cuts endless lines into pieces that lose nothing', () => {
    const endless = 'x'.repeat(MAX_LINE_CHARACTERS * 2 + 5);
    const inOne = split(`${endless}\nnext\n`);
    expect(inOne.map((line) => line.length)).toEqual([MAX_LINE_CHARACTERS, MAX_LINE_CHARACTERS, 5, 4]);
    const inPieces = split(...(endless.match(/.{1,40000}/g) ?? []), '\nnext\n');
    expect(inPieces.join('')).toBe(`${endless}next`);
    expect(Math.max(...inPieces.map((line) => line.length))).toBe(MAX_LINE_CHARACTERS);
  });

  it('emits a line of exactly the limit once', () => {
    const full = 'x'.repeat(MAX_LINE_CHARACTERS);
    expect(split(full, '\n')).toEqual([full]);
  });

  it('never cuts a character in two', () => {
    const faces = `${'x'.repeat(MAX_LINE_CHARACTERS - 1)}😀😀`;
    for (const lines of [split(faces), split(`${faces}\n`)]) {
      expect(lines.join('')).toBe(faces);
      for (const line of lines) expect(() => encodeURIComponent(line)).not.toThrow();
      expect(lines[1]).toBe('😀😀');
    }
  });

  it('replaces bytes that are not UTF-8 and continues', () => {
    expect(split(Buffer.from([0x61, 0xff, 0x62, 0x0a, 0xc3]))).toEqual(['a\uFFFDb', '\uFFFD']);
  });
});
