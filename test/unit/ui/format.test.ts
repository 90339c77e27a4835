import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatPath,
  formatPlace,
  formatRate,
  formatServing,
  formatSubject,
  formatTimings,
  formatTryLine,
  formatUptime,
} from '../../../src/ui/format.ts';
import { timingsOf } from '../../helpers/story.ts';

describe('durations', () => {
  it.each([
    [0, '0.00 ms'],
    [0.421, '0.42 ms'],
    [3.24, '3.2 ms'],
    [9.96, '10.0 ms'],
    [131.7, '132 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1_240, '1.24 s'],
    [59_990, '59.99 s'],
    [59_999, '59s'],
    [125_000, '2m 05s'],
  ])('of %d ms read %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [42_000, '42s'],
    [61_000, '1m 01s'],
    [725_000, '12m'],
    [11_220_000, '3h 07m'],
    [187_200_000, '2d 04h'],
  ])('since a start of %d ms read %s', (ms, text) => {
    expect(formatUptime(ms)).toBe(text);
  });

  it('and rates have a unit', () => {
    expect([0, 2.44, 12.6, 1_204].map(formatRate)).toEqual(['0/s', '2.4/s', '13/s', '1,204/s']);
  });
});

describe('paths', () => {
  const project = path.resolve('/srv/ada/digits');

  it('are short inside the project and the home directory', () => {
    expect(formatPath(path.join(project, 'src', 'score.py'), project)).toBe(path.join('src', 'score.py'));
    expect(formatPath(path.join(os.homedir(), 'digits'))).toBe(path.join('~', 'digits'));
    expect(formatPath(os.homedir())).toBe('~');
    expect(formatPath(path.resolve('/etc/hosts'), project)).toBe(path.resolve('/etc/hosts'));
    expect(formatPath(`${os.homedir()}-other${path.sep}x`)).toBe(`${os.homedir()}-other${path.sep}x`);
    expect(formatPath('score.py', project)).toBe('score.py');
  });

  it('of failures include their line if there is one', () => {
    const file = path.join(project, 'score.py');
    expect(formatPlace({ code: 'X', message: 'm', file, line: 27 }, project)).toBe('score.py:27');
    expect(formatPlace({ code: 'X', message: 'm', file }, project)).toBe('score.py');
    expect(formatPlace({ code: 'X', message: 'm' }, project)).toBeUndefined();
  });
});

describe('reloads', () => {
  const swap = { kind: 'swap-workers', target: '/p/score.py', reason: '' } as const;
  const load = { kind: 'load-model', target: 'digits', reason: '' } as const;

  it('are named by what changed, else by what was reloaded', () => {
    expect(formatSubject(['score.py'], [swap])).toBe('score.py');
    expect(formatSubject(['a.py', 'b.py'], [swap])).toBe('a.py and b.py');
    expect(formatSubject(['a.py', 'b.py', 'c.py', 'd.py'], [swap])).toBe('a.py, b.py and 2 more');
    expect(formatSubject([], [load])).toBe('digits');
    expect(formatSubject([], [])).toBe('nothing');
  });

  it('show where their time went', () => {
    expect(formatTimings(timingsOf({ noticeMs: 0.2, quietMs: 81.2, stageMs: 1.5, loadMs: 49.1 }))).toBe(
      'quiet 81 ms + stage 1.5 ms + load 49 ms',
    );
  });

  it('that failed say what serves', () => {
    const script = { targets: ['script'], olderServes: true };
    expect(formatServing(3, script)).toBe('generation 3 still serves');
    expect(formatServing(0, script)).toBe('nothing serves yet; the next save tries again');
    const model = { targets: ['model digits'], olderServes: true };
    expect(formatServing(3, model)).toBe('what was loaded before still serves');
    expect(formatServing(3, { ...model, olderServes: false })).toBe(
      'it is not served; the next save tries again',
    );
  });
});

describe('the line to try', () => {
  const [scoring, http] = ['http://localhost:6789/score', 'http://localhost:8000'];

  it('is quoted as the shell there requires', () => {
    expect(formatTryLine('script', scoring, http, 'digits', undefined, 'linux')).toBe(
      `curl ${scoring} -H 'Content-Type: application/json' -d '{"data": []}'`,
    );
    expect(formatTryLine('script', scoring, http, 'digits', undefined, 'win32')).toBe(
      `curl ${scoring} -H "Content-Type: application/json" -d "{\\"data\\": []}"`,
    );
  });

  it('has the body that the script can be tried with', () => {
    expect(formatTryLine('script', scoring, http, undefined, `{"it's":1}`, 'linux')).toMatch(
      / -d '\{"it'\\''s":1\}'$/,
    );
    expect(formatTryLine('script', scoring, http, undefined, '@/p/r.json', 'linux')).toMatch(
      / -d '@\/p\/r\.json'$/,
    );
  });

  it('asks a no-code deployment for a model it has', () => {
    expect(formatTryLine('no-code', scoring, http, 'digits')).toBe(`curl ${http}/v2/models/digits`);
    expect(formatTryLine('no-code', scoring, http, undefined)).toBe(`curl ${http}/v2`);
  });
});
