// What differs on Windows and macOS when Python is looked for and started.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { interpreterIn } from '../../../src/python/environment-build.ts';
import { findOnPath } from '../../../src/python/find-program.ts';
import { TensorFiles } from '../../../src/python/models/tensor-files.ts';
import { pythonPlaces } from '../../../src/python/python-places.ts';
import { withUtf8 } from '../../../src/python/score-pool-factory.ts';
import { type SignalTarget, signalWorker } from '../../../src/python/worker-process.ts';
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

it('large tensors go through the pipe without /dev/shm', async () => {
  expect(await TensorFiles.create('triton-local-', 'darwin')).toBeUndefined();
  expect(await TensorFiles.create('triton-local-', 'win32')).toBeUndefined();
});

describe('a Python', () => {
  it('is started by the launcher on Windows, found below pyenv-win, and installed with winget', () => {
    const places = pythonPlaces('win32');
    expect(places.usual.at(-1)).toEqual(['py', '-3']);
    expect(places.ofRelease('3.11')).toEqual(['py', '-3.11']);
    expect(places.pyenvVersions(undefined, 'HOME')).toBe(
      path.join('HOME', '.pyenv', 'pyenv-win', 'versions'),
    );
    // pyenv-win sets the variable to its own folder.
    expect(places.pyenvVersions('P', 'HOME')).toBe(path.join('P', 'versions'));
    expect(places.pythonIn('C')).toBe(path.join('C', 'python.exe'));
    expect(places.installCommand).toMatch(/^winget /);
  });

  it('has the name of its release elsewhere, and comes with brew on macOS', () => {
    const places = pythonPlaces('darwin');
    expect(places.usual).toEqual([['python3'], ['python']]);
    expect(places.ofRelease('3.11')).toEqual(['python3.11']);
    expect(places.pyenvVersions(undefined, 'HOME')).toBe(path.join('HOME', '.pyenv', 'versions'));
    expect(places.pythonIn('C')).toBe(path.join('C', 'bin', 'python'));
    expect(places.installCommand).toBe('brew install python');
    expect(pythonPlaces('linux').installCommand).toMatch(/apt/);
  });
});

describe('a signal to a worker', () => {
  function recorder(hasExited = false) {
    const calls: string[] = [];
    const target: SignalTarget = {
      pid: 42,
      hasExited: () => hasExited,
      send: (signal) => void calls.push(signal),
    };
    const end = (pid: number) => void calls.push(`tree ${pid}`);
    return {
      calls,
      send: (signal: NodeJS.Signals, platform: NodeJS.Platform) =>
        signalWorker(signal, target, platform, end),
    };
  }

  it('ends all that it has started on Windows, whatever the signal, while it runs', () => {
    const { calls, send } = recorder();
    for (const signal of ['SIGTERM', 'SIGABRT', 'SIGKILL'] as const) send(signal, 'win32');
    expect(calls).toEqual(['tree 42', 'tree 42', 'tree 42']);
    const ended = recorder(true);
    ended.send('SIGKILL', 'win32');
    expect(ended.calls).toEqual([]);
  });

  it('reaches the worker alone elsewhere, except SIGKILL', () => {
    const { calls, send } = recorder();
    for (const signal of ['SIGTERM', 'SIGABRT', 'SIGKILL'] as const) send(signal, 'darwin');
    expect(calls).toEqual(['SIGTERM', 'SIGABRT', 'tree 42']);
    // What a worker left running ends too.
    const ended = recorder(true);
    ended.send('SIGKILL', 'linux');
    expect(ended.calls).toEqual(['tree 42']);
  });
});
