import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemError, userError } from '../../../src/base/index.ts';
import { errorToJson, formatError } from '../../../src/ui/index.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-errors-'));
  file = path.join(directory, 'score.py');
  await writeFile(file, 'import json\r\ndef run(data):\r\n\treturn json.loads(data\r\n');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const format = (location: { file: string; line?: number; column?: number }) =>
  formatError(userError('SCRIPT_FAILED', "'(' was never closed", { location, hint: 'close it' }), {
    projectDir: directory,
  }).split('\n');

describe('formatError', () => {
  it('says what, where with the lines around, and what to do', () => {
    expect(format({ file, line: 3, column: 19 })).toEqual([
      "error SCRIPT_FAILED: '(' was never closed",
      '  at score.py:3:19',
      '    2 | def run(data):',
      '  > 3 |         return json.loads(data',
      '      |                          ^',
      '    4 |',
      '  hint: close it',
    ]);
  });

  it('omits the excerpt if the source cannot be read or has no such line', async () => {
    expect(format({ file: path.join(directory, 'none.py'), line: 3 })).toEqual([
      "error SCRIPT_FAILED: '(' was never closed",
      '  at none.py:3',
      '  hint: close it',
    ]);
    expect(format({ file, line: 99 })).toHaveLength(3);
    expect(format({ file })[1]).toBe('  at score.py');
    await writeFile(file, Buffer.from([0, 1, 2, 10, 0, 10, 0]));
    expect(format({ file, line: 2 })).toHaveLength(3);
  });

  it('lets no control code of a source file through', async () => {
    await writeFile(file, '\u001B[2Jx = 1\n');
    expect(format({ file, line: 1, column: 99 }).join('\n')).not.toContain('\u001B');
  });

  it('shows causes with their stacks only when asked to', () => {
    const error = systemError('ENGINE_FAILED', 'no engine', { cause: new Error('connect ENOENT') });
    expect(formatError(error)).toBe('error ENGINE_FAILED: no engine');
    const verbose = formatError(error, { verbose: true });
    expect(verbose).toContain('caused by Error: connect ENOENT');
    expect(verbose).toContain('errors.test.ts');
  });

  it('survives causes that go round in circles', () => {
    const one = new Error('one');
    const two = new Error('two', { cause: one });
    one.cause = two;
    const verbose = formatError(systemError('X', 'y', { cause: one }), { verbose: true });
    expect(verbose.match(/caused by/g)).toHaveLength(2);
  });
});

describe('errorToJson', () => {
  it('always has all its keys', () => {
    expect(errorToJson(systemError('X', 'y'))).toEqual({
      error: { code: 'X', kind: 'system', message: 'y', hint: null, file: null, line: null, column: null },
    });
    expect(errorToJson(userError('X', 'y', { location: { file, line: 3 }, hint: 'h' })).error).toMatchObject({
      kind: 'user',
      hint: 'h',
      file,
      line: 3,
    });
  });
});
