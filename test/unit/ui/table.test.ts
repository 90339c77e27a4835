import { expect, it } from 'vitest';
import { formatTable } from '../../../src/ui/index.ts';

it('aligns columns by what is seen, figures to the right', () => {
  const rows = [
    ['REQUEST', 'STATUS', 'MS'],
    ['three', '\u001B[32mok\u001B[39m', '3.2'],
    ['日本', 'failed', '131'],
  ];
  expect(formatTable(rows, { right: [2] }).split('\n')).toEqual([
    'REQUEST  STATUS   MS',
    'three    \u001B[32mok\u001B[39m      3.2',
    '日本     failed  131',
  ]);
});

it('stays within a width and takes uneven and missing rows', () => {
  expect(formatTable([['A', 'B'], ['1'], ['2', 'a long cell']], { width: 8 })).toBe('A  B\n1\n2  a lo…');
  expect(formatTable([])).toBe('');
  expect(formatTable([['A']], { color: true })).toBe('\u001B[90mA\u001B[39m');
});
