// What differs on Windows and macOS when Python is looked for and started.
import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interpreterIn } from '../../../src/python/environment-build.ts';
import { findOnPath } from '../../../src/python/find-program.ts';
import { TensorFiles } from '../../../src/python/models/tensor-files.ts';
import { withUtf8 } from '../../../src/python/score-pool-factory.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
beforeEach(async () => {
  folder = await TempFolder.create();
});
afterEach(() => folder[Symbol.asyncDispose]());

async function file(...parts: string[]): Promise<string> {
  const target = folder.path(...parts);
  await mkdir(folder.path(...parts.slice(0, -1)), { recursive: true });
  await writeFile(target, '');
  return target;
}

describe('a program on PATH', () => {
  it('has one of the endings of PATHEXT on Windows, in their order', async () => {
    const script = await file('one', 'conda.bat');
    const program = await file('two', 'conda.exe');
    const Path = `${folder.path('one')};${folder.path('two')}`;
    expect(findOnPath('conda', { Path }, 'win32')).toBe(script);
    expect(findOnPath('conda', { Path, PATHEXT: '.COM;.EXE' }, 'win32')).toBe(program);
    await file('one', 'conda.exe');
    expect(findOnPath('conda', { Path }, 'win32')).toBe(folder.path('one', 'conda.exe'));
  });

  it('is called by its bare name elsewhere, and a file without an ending is no program on Windows', async () => {
    const program = await file('bin', 'uv');
    expect(findOnPath('uv', { PATH: `/nowhere:${folder.path('bin')}` }, 'darwin')).toBe(program);
    expect(findOnPath('uv', { PATH: folder.path('bin') }, 'win32')).toBeUndefined();
  });
});

describe('the Python of an environment', () => {
  it('is in Scripts on Windows, in an environment of conda beside it', async () => {
    await file('venv', 'Scripts', 'python.exe');
    expect(interpreterIn(folder.path('venv'), 'win32')).toBe(folder.path('venv', 'Scripts', 'python.exe'));
    await file('conda', 'python.exe');
    expect(interpreterIn(folder.path('conda'), 'win32')).toBe(folder.path('conda', 'python.exe'));
  });

  it('is in bin elsewhere', () => {
    expect(interpreterIn('/e', 'darwin')).toBe(interpreterIn('/e', 'linux'));
    expect(interpreterIn('/e', 'darwin')).toMatch(/bin.python$/);
  });

  it('speaks UTF-8 on Windows, unless the user says otherwise', () => {
    expect(withUtf8({ A: '1' }, 'win32')).toEqual({ PYTHONUTF8: '1', A: '1' });
    expect(withUtf8({ PYTHONUTF8: '0' }, 'win32')).toEqual({ PYTHONUTF8: '0' });
    expect(withUtf8({ A: '1' }, 'linux')).toEqual({ A: '1' });
  });
});

it('large tensors go through the pipe where there is no /dev/shm', async () => {
  expect(await TensorFiles.create('triton-local-', 'darwin')).toBeUndefined();
  expect(await TensorFiles.create('triton-local-', 'win32')).toBeUndefined();
});
