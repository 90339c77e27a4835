import { describe, expect, it } from 'vitest';
import { foldTracebacks } from '../../../src/ui/traceback.ts';

describe('tracebacks', () => {
  it("keeps the user's frames, what was raised and where, and counts the rest", () => {
    const text = [
      'before',
      'Traceback (most recent call last):',
      '  File "/x/triton-local/dist/harness/worker.py", line 88, in run',
      '    return self._run(data)',
      '  File "/srv/ada/score.py", line 31, in run',
      '    return classify(data)',
      '  File "/v/lib/python3.11/site-packages/numpy/a.py", line 1, in a',
      '    b()',
      '    ^^^',
      '  File "/v/lib/python3.11/site-packages/numpy/b.py", line 2, in b',
      '    raise ValueError("shape")',
      'ValueError: shape',
      'after',
    ].join('\n');
    expect(foldTracebacks(text)).toEqual([
      'before',
      'Traceback (most recent call last):',
      '  (1 library frame left out)',
      '  File "/srv/ada/score.py", line 31, in run',
      '    return classify(data)',
      '  (1 library frame left out)',
      '  File "/v/lib/python3.11/site-packages/numpy/b.py", line 2, in b',
      '    raise ValueError("shape")',
      'ValueError: shape',
      'after',
    ]);
  });

  it("does not mistake the user's folders for libraries, and shows where the syntax is wrong", () => {
    const text = [
      'Traceback (most recent call last):',
      '  File "/srv/ada/harness/score.py", line 2, in init',
      '  File "/srv/ada/Lib/helper.py", line 3, in load',
      '  File "/usr/lib/python3.11/importlib/__init__.py", line 126, in import_module',
      '    return _bootstrap._gcd_import(name)',
      '  File "/srv/ada/late.py", line 7',
      '    x = (1',
      '        ^',
      "SyntaxError: '(' was never closed",
    ].join('\n');
    expect(foldTracebacks(text)).toEqual([
      ...text.split('\n').slice(0, 3),
      '  (1 library frame left out)',
      ...text.split('\n').slice(5),
    ]);
  });

  it('knows libraries on Windows', () => {
    const text = [
      'Traceback (most recent call last):',
      '  File "C:\\Python312\\Lib\\json\\__init__.py", line 3, in loads',
      '  File "C:\\Users\\ada\\score.py", line 1, in run',
      'KeyError: 1',
    ].join('\n');
    expect(foldTracebacks(text)[1]).toBe('  (1 library frame left out)');
  });

  it('are left alone elsewhere, and lose nothing when they break off', () => {
    const frame = '  File "/usr/lib/python3.11/a.py", line 1, in a';
    expect(foldTracebacks(frame)).toEqual([frame]);
    const broken = `Traceback (most recent call last):\n${frame}`;
    expect(foldTracebacks(broken)).toEqual(broken.split('\n'));
  });
});
