import { describe, expect, it } from 'vitest';
import { selectUi } from '../../../src/ui/index.ts';

const tty = { isTTY: true };
const pipe = {};

describe('selectUi', () => {
  it.each([
    ['both ends are terminals', tty, tty, false, false, 'tui'],
    ['stdin is not a terminal', pipe, tty, false, false, 'plain'],
    ['stdout is not a terminal', tty, pipe, false, false, 'plain'],
    ['neither end is', pipe, pipe, false, false, 'plain'],
    ['a build server runs us', tty, tty, true, false, 'plain'],
    ['the terminal can only print', tty, tty, false, true, 'plain'],
  ] as const)('auto: %s', (_when, stdin, stdout, ci, dumb, expected) => {
    expect(selectUi('auto', { stdin, stdout, ci, dumb })).toBe(expected);
  });

  it('follows the named mode, but uses no screen without a terminal', () => {
    expect(selectUi('json', { stdin: tty, stdout: tty, ci: false })).toBe('json');
    expect(selectUi('plain', { stdin: tty, stdout: tty, ci: false })).toBe('plain');
    expect(selectUi('tui', { stdin: tty, stdout: tty, ci: true })).toBe('tui');
    expect(selectUi('tui', { stdin: pipe, stdout: tty, ci: false })).toBe('plain');
  });
});
