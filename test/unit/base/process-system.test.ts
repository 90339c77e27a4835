import { describe, expect, it } from 'vitest';
import { makeSystem } from '../../../src/base/process-system.ts';

/** Answers programs by the first of these words that is in their command line. */
function programs(answers: Readonly<Record<string, string>>) {
  return async (program: string, args: readonly string[]) => {
    const line = [program, ...args].join(' ');
    const word = Object.keys(answers).find((it) => line.includes(it));
    if (word === undefined) throw new Error(`spawn ${program} ENOENT`);
    return answers[word] ?? '';
  };
}

describe('Windows', () => {
  const windows = makeSystem(
    'win32',
    programs({
      MachineGuid:
        '\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography\r\n    MachineGuid    REG_SZ    4c4c4544-0042\r\n\r\n',
      'Get-Process -Id 42': '1764300000123\r\n',
      'Get-Process -Id 43': 'Get-Process : Cannot find a process with the process identifier 43.\r\n',
    }),
  );

  it('knows the machine by the registry, and no boot', async () => {
    expect(await windows.machine()).toBe('4c4c4544-0042');
    expect(await windows.boot()).toBeNull();
    expect(await windows.pidNamespace()).toBeNull();
  });

  it('asks PowerShell when a process started, and takes a moment more or less for the same', async () => {
    expect(await windows.startOf(42)).toBe('1764300000123');
    expect(await windows.startOf(43)).toBeNull();
    expect(await windows.startOf(44)).toBeNull();
    expect(windows.isSameStart('1764300000123', '1764300000900')).toBe(true);
    expect(windows.isSameStart('1764300000123', '1764300060123')).toBe(false);
  });
});

describe('macOS', () => {
  const mac = makeSystem(
    'darwin',
    programs({
      IOPlatformExpertDevice: '  | {\n  |   "IOPlatformUUID" = "8E2A-77"\n  | }\n',
      bootsessionuuid: '1F-00\n',
      '-p 42': 'Ss   Sat Nov 28 10:09:06 2026\n',
      '-p 43': 'Z    Sat Nov 28 10:09:06 2026\n',
    }),
  );

  it('knows the machine and the boot by their identifiers', async () => {
    expect(await mac.machine()).toBe('8E2A-77');
    expect(await mac.boot()).toBe('1F-00');
  });

  it('asks ps when a process started; a zombie has ended', async () => {
    expect(await mac.startOf(42)).toBe('Sat Nov 28 10:09:06 2026');
    expect(await mac.startOf(43)).toBe('');
    expect(await mac.startOf(44)).toBeNull();
  });
});

it('what a system does not report is null', async () => {
  const silent = makeSystem('darwin', () => Promise.reject(new Error('ENOENT')));
  expect(await silent.machine()).toBeNull();
  expect(await silent.boot()).toBeNull();
});
