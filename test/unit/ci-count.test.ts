import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';

type Status = 'passed' | 'failed' | 'skipped';

describe('the last line of .ci/run', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await TempFolder.create();
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  /** A step as `.ci/run` leaves it; `tests` undefined means that no run got as far as a report. */
  async function step(
    name: string,
    failed: boolean,
    tests?: readonly (readonly [string, Status])[],
    fileBroken = false,
  ) {
    await mkdir(folder.path(name));
    if (failed) await writeFile(folder.path(name, 'failed'), '');
    if (!tests) return;
    const broken = fileBroken || tests.some(([, status]) => status === 'failed');
    const assertionResults = tests.map(([fullName, status]) => ({ fullName, status }));
    const file = { name: '/a.test.ts', status: broken ? 'failed' : 'passed', assertionResults };
    await writeFile(folder.path(name, '1.json'), JSON.stringify({ testResults: [file] }));
  }

  const count = () =>
    new Promise<[number, string]>((resolve) => {
      const program = path.join(repositoryRoot, '.ci/count.mjs');
      execFile(process.execPath, [program, folder.directory], (error, stdout) =>
        resolve([Number(error?.code ?? 0), stdout]),
      );
    });

  it('counts a test of two runs once, and as failed when it failed in either', async () => {
    await step('check', true, [
      ['a', 'failed'],
      ['b', 'passed'],
    ]);
    await step('test', false, [
      ['a', 'passed'],
      ['b', 'passed'],
      ['c', 'passed'],
    ]);
    expect(await count()).toEqual([1, '2 passed, 1 failed\n']);
  });

  it('counts two tests of one name as two', async () => {
    await step('test', false, [
      ['a', 'passed'],
      ['a', 'passed'],
    ]);
    expect(await count()).toEqual([0, '2 passed, 0 failed\n']);
  });

  it('counts a step that failed with no failing test to show for it', async () => {
    await step('check', true);
    await step('test', false, [['a', 'passed']]);
    expect(await count()).toEqual([1, '1 passed, 1 failed\n']);
  });

  it('counts a step that failed for its skips', async () => {
    await step('test', true, [
      ['a', 'passed'],
      ['b', 'skipped'],
    ]);
    expect(await count()).toEqual([1, '1 passed, 1 failed\n']);
  });

  it('counts a file that could not be run', async () => {
    await step('test', true, [], true);
    expect(await count()).toEqual([1, '0 passed, 1 failed\n']);
  });

  it('is a failure when nothing ran at all', async () => {
    expect(await count()).toEqual([1, '0 passed, 1 failed\n']);
  });
});
