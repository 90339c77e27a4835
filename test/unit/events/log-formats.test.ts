import { describe, expect, it } from 'vitest';
import { LogParser, type LogSource, levelOf, type ParsedLine } from '../../../src/events/index.ts';
import { costOfTenfold } from '../../helpers/growth.ts';

function parseAll(source: LogSource, lines: readonly string[]): ParsedLine[] {
  const entries: ParsedLine[] = [];
  const parser = new LogParser(source, (entry) => entries.push(entry));
  for (const line of lines) parser.push(line);
  parser.end();
  return entries;
}

const parseOne = (source: LogSource, line: string) => parseAll(source, [line])[0];

describe('lines of Triton', () => {
  const parse = (line: string) => parseOne('engine', line);

  it('are understood in both forms, the message unquoted', () => {
    expect(
      parse('I0819 17:23:47.123456 1 http_server.cc:4971] "Started HTTPService at 0.0.0.0:8000"'),
    ).toEqual({
      level: 'info',
      text: 'Started HTTPService at 0.0.0.0:8000',
    });
    expect(parse('2026-08-19T17:23:47Z W 1 model.cc:7] "a \\"quoted\\" word"')).toEqual({
      level: 'warning',
      text: 'a "quoted" word',
    });
    expect(parse('E0819 17:23:47.123456 99 model_lifecycle.cc:654] failed to load')).toEqual({
      level: 'error',
      text: 'failed to load',
    });
  });

  it('stay as they are where they are something else', () => {
    expect(parse('+-------+---------+')).toEqual({ level: 'info', text: '+-------+---------+' });
    expect(parse('I0819 17:23:47.123456 1 a.cc:1] "not closed')?.text).toBe('"not closed');
    expect(parse('W0819 17:23:47.123456 1 a.cc:1] ')?.text).toBe('');
  });

  it('written by a script are just text', () => {
    const line = 'E0819 17:23:47.123456 1 a.cc:1] "x"';
    expect(parseOne('script', line)).toEqual({ level: 'info', text: line });
  });
});

describe('lines of Python', () => {
  it.each([
    ['2026-11-22 08:32:47,669 I [11208] azmlinfsrv.print - got {"a":1}', 'info'],
    ['2026-11-22 08:32:47,669 E [11208] azmlinfsrv.user_script - failed', 'error'],
    ['2026-11-22 08:32:47,669 D [11208] azmlinfsrv - detail', 'debug'],
    ['2020-11-19 06:50:36,418 | root | WARNING | old format', 'warning'],
    ['2026-11-22 08:32:47,669 - digits - ERROR - handmade format', 'error'],
    ['2026-11-22 08:32:47,669 [WARNING] handmade format', 'warning'],
    ['WARNING:root:from basicConfig', 'warning'],
    ['CRITICAL:digits:the end', 'error'],
    ['DEBUG:urllib3:detail', 'debug'],
    ['INFO:     Started server process', 'info'],
    ['/app/score.py:12: DeprecationWarning: old call', 'warning'],
    ['ERRORS were 3 of 100', 'info'],
    ['the word ERROR: in the middle', 'info'],
    ['', 'info'],
  ])('%s', (line, level) => {
    expect(levelOf(line)).toBe(level);
    expect(parseOne('script', line)).toEqual({ level, text: line });
  });

  it('of a traceback are one error from the first to what was raised, and no further', () => {
    const first = [
      'Traceback (most recent call last):',
      '  File "score.py", line 3, in run',
      '    boom()',
      'KeyError: 1',
    ];
    const second = [
      'Traceback (most recent call last):',
      '  File "score.py", line 5, in run',
      '',
      'ValueError: 2',
    ];
    const chained = 'During handling of the above exception, another exception occurred:';
    expect(parseAll('engine', ['before', ...first, '', chained, '', ...second, 'after'])).toEqual([
      { level: 'info', text: 'before' },
      { level: 'error', text: first.join('\n') },
      { level: 'info', text: '' },
      { level: 'error', text: chained },
      { level: 'info', text: '' },
      { level: 'error', text: second.join('\n') },
      { level: 'info', text: 'after' },
    ]);
  });

  it('of a traceback that breaks off are not lost', () => {
    const broken = ['Traceback (most recent call last):', '  File "score.py", line 3, in run'];
    expect(parseAll('worker', broken)).toEqual([{ level: 'error', text: broken.join('\n') }]);
    expect(parseAll('worker', [...broken, ...broken, 'KeyError: 1'])).toHaveLength(2);
  });

  it.each([
    ['a timestamp without end', (size: number) => `2026-11-22 08:32:47 ${'- '.repeat(size)}`],
    ['colons', (size: number) => 'a:'.repeat(size)],
    ['blanks', (size: number) => ' '.repeat(2 * size)],
  ])('takes time in proportion to a line of %s', (_, line) => {
    for (const source of ['script', 'engine'] as const)
      expect(costOfTenfold((size) => parseOne(source, line(size)), 3_000)).toBeLessThan(50);
  });
});
