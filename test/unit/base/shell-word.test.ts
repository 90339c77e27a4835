import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { shellWord } from '../../../src/base/index.ts';

describe('shellWord', () => {
  test.each([
    ['/srv/digits', '/srv/digits'],
    ['/srv/my models', "'/srv/my models'"],
    ["/tmp/it's", "'/tmp/it'\\''s'"],
    ['/tmp/$HOME', "'/tmp/$HOME'"],
    ['/tmp/a\\b', "'/tmp/a\\b'"],
    ['', "''"],
  ])('%s', (text, word) => {
    expect(shellWord(text, 'linux')).toBe(word);
  });

  test.each([
    ['C:\\Users\\me\\digits', 'C:\\Users\\me\\digits'],
    ['C:\\My Models', '"C:\\My Models"'],
  ])('%s on Windows', (text, word) => {
    expect(shellWord(text, 'win32')).toBe(word);
  });

  test.skipIf(process.platform === 'win32')('is read back by a shell as it was', () => {
    const texts = ['/tmp/a b', "it's", '$(id) `id` "x" \\', '*?[a]!', 'é ü'];
    const script = `printf '%s\\n' ${texts.map((text) => shellWord(text)).join(' ')}`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(`${texts.join('\n')}\n`);
  });
});
