import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE, exitCodeOf } from '../../../src/cli/error-catalogue.ts';

const src = path.join(import.meta.dirname, '../../../src');
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => [file, readFileSync(path.join(src, file), 'utf8')] as const);

/** `systemError('CODE'`, `new TritonLocalError('CODE', 'user'`, and `fail('CODE'` of the control client. */
const thrown = sources.flatMap(([file, text]) => [
  ...[...text.matchAll(/\b(user|system)Error\(\s*'([A-Z_]+)'/g)].map(([, kind, code]) => ({
    file,
    kind,
    code,
  })),
  ...[...text.matchAll(/new TritonLocalError\(\s*'([A-Z_]+)',\s*(?:'(user|system)')?/g)].map(
    ([, code, kind]) => ({ file, kind, code }),
  ),
  ...[...text.matchAll(/\bfail\('([A-Z_]+)'/g)].map(([, code]) => ({ file, kind: undefined, code })),
]);
const entries = Object.assign({}, ...Object.values(ERROR_CATALOGUE)) as Record<string, { kind: string }>;

describe('the catalogue of errors', () => {
  it('has every code that the source throws, with its kind', () => {
    const missing = thrown.filter(({ code = '' }) => !entries[code]);
    expect(missing).toEqual([]);
    const other = thrown.filter(
      ({ code = '', kind }) => kind && entries[code]?.kind !== 'either' && entries[code]?.kind !== kind,
    );
    expect(other).toEqual([]);
  });

  it('has no code that nothing throws, and none twice', () => {
    const codes = Object.values(ERROR_CATALOGUE).flatMap((topic) => Object.keys(topic));
    expect(codes.filter((code) => !thrown.some((it) => it.code === code))).toEqual([]);
    expect(codes.length).toBe(new Set(codes).size);
  });

  it('gives the exit status, 1 for a code that it does not have', () => {
    expect(exitCodeOf({ code: 'PORT_TAKEN' })).toBe(5);
    expect(exitCodeOf({ code: 'START_TIMED_OUT' })).toBe(4);
    expect(exitCodeOf({ code: 'OF_A_NEWER_VERSION' })).toBe(1);
  });
});
