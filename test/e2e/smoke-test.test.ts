import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkoutCli, childEnvironment } from '../helpers/emulator-process.ts';
import { findLeftovers } from '../helpers/leftovers.ts';
import { peerPython } from '../helpers/python.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { DigitsProject, runToEnd } from './digits.ts';

describe.skipIf(!peerPython)('triton-local test', () => {
  let project: DigitsProject;
  let folder: TempFolder;
  beforeEach(async () => {
    project = await DigitsProject.create();
    folder = await TempFolder.create();
    await mkdir(folder.path('tmp'));
  });
  afterEach(async () => {
    await project[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const test = (variables: NodeJS.ProcessEnv = {}) =>
    runToEnd([...checkoutCli, 'test', project.directory, '--engine', 'embedded'], {
      cwd: folder.directory,
      env: { ...childEnvironment(folder.path('home'), folder.path('tmp')), ...variables },
    });

  it('passes on the sample with 0 and a table, and cleans up', async () => {
    const { code, stdout, stderr } = await test();
    expect(stderr + stdout).toMatch(/pass/i);
    expect(code).toBe(0);
    const traces = { home: folder.path('home'), temporary: folder.path('tmp'), ports: [], pids: [] };
    expect(await findLeftovers(traces)).toEqual([]);
  });

  it('builds the environment that the project asks for on first use, says so, and passes in it', async () => {
    const ownPython = { TRITON_LOCAL_PYTHON: '' };
    const { code, stdout, stderr } = await test(ownPython);
    expect(stderr).toMatch(/python environment/);
    expect(`${code}\n${stdout}`).toMatch(/^0\n[\s\S]* passed, 0 failed/);
    const again = await test(ownPython);
    expect(again.stderr).not.toMatch(/python environment/);
    expect(again.code).toBe(0);
  });

  it('fails with 6 on a wrong expectation, and shows both values', async () => {
    const file = path.join(project.directory, 'sample-requests.json');
    const text = await readFile(file, 'utf8');
    const wrong = text.replaceAll(/"digit":\s*(\d)/g, (_, digit) => `"digit": ${(Number(digit) + 1) % 10}`);
    expect(wrong).not.toBe(text);
    await writeFile(file, wrong);
    const { code, stdout } = await test();
    expect(code).toBe(6);
    expect(stdout).toMatch(/digit/);
  });
});
