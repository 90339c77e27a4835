// What `doctor` says on Windows and macOS.
import { expect, it } from 'vitest';
import { driverFinding } from '../../../src/cli/diagnosis/docker.ts';
import { checkNative } from '../../../src/cli/diagnosis/engines.ts';
import { checkNpm, checkSharedMemory, checkWatching } from '../../../src/cli/diagnosis/machine.ts';
import { checkPython } from '../../../src/cli/diagnosis/python.ts';

const environment = { PATH: '' };

it('says that there is no native Triton for Windows, and what to use', async () => {
  const options = { environment, home: '', dockerHost: undefined, image: undefined, searchFrom: [] };
  expect(await checkNative(options, 'win32')).toMatchObject([
    {
      verdict: 'lacking',
      detail: 'there is none for Windows',
      remedy: 'use --engine docker or --engine embedded',
    },
  ]);
});

it('starts npm on Windows through cmd, since Node refuses scripts', async () => {
  const asked: string[][] = [];
  const ask = async (command: string, args: readonly string[]) => {
    asked.push([command, ...args]);
    return '10.8.2';
  };
  expect(await checkNpm(environment, 'win32', ask)).toMatchObject([{ verdict: 'ok', detail: '10.8.2' }]);
  expect(await checkNpm(environment, 'darwin', ask)).toMatchObject([{ verdict: 'ok' }]);
  expect(asked).toEqual([
    ['cmd.exe', '/d', '/s', '/c', 'npm --version'],
    ['npm', '--version'],
  ]);
});

it('looks for Python by the names that each system has', async () => {
  const detail = async (platform: NodeJS.Platform) => (await checkPython(environment, platform))[0]?.detail;
  expect(await detail('win32')).toBe('none found (python, py)');
  expect(await detail('darwin')).toBe('none found (python3, python)');
});

it('asks for no NVIDIA driver on a Mac', () => {
  expect(driverFinding([], 'darwin')).not.toHaveProperty('remedy');
  expect(driverFinding([], 'win32')).toHaveProperty('remedy');
});

it('leaves the limits of Linux out elsewhere', async () => {
  for (const platform of ['darwin', 'win32'] as const) {
    expect(await checkSharedMemory(platform)).toEqual([]);
    expect(await checkWatching(platform)).toEqual([]);
  }
});
