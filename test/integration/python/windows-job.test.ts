import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { harnessDirectory } from '../../../src/python/harness-directory.ts';
import { peerPython } from '../../helpers/python.ts';

/** Windows' functions as far as they are called, and what they were given. */
const PROGRAM = `
import ctypes, json, struct, sys
sys.path.insert(0, sys.argv[1])
import windows_job

calls = []
class Function:
    def __init__(self, name, result):
        self.name, self.result = name, result
    def __call__(self, *args):
        calls.append(self.name)
        if self.name == "SetInformationJobObject":
            kind, pointer, size = args[1:]
            memory = ctypes.string_at(ctypes.addressof(pointer._obj), size)
            calls.append([args[0].value, kind, size, struct.unpack_from("<I", memory, 16)[0]])
        if self.name == "AssignProcessToJobObject":
            calls.append([argument.value for argument in args])
        return self.result
class Kernel:
    def __init__(self, **results):
        for name, result in results.items():
            setattr(self, name, Function(name, result))

kernel = dict(CreateJobObjectW=1 << 33, SetInformationJobObject=1, GetCurrentProcess=2**64 - 1, AssignProcessToJobObject=1)
result = windows_job.keep_together(Kernel(**kernel))
refused = windows_job.keep_together(Kernel(**{**kernel, "CreateJobObjectW": None}))
print(json.dumps([result, refused, calls]))
`;

describe.skipIf(!peerPython)('the job of a worker on Windows', () => {
  it('ends its members when its last handle is closed, with handles of full width', async () => {
    const args = ['-c', PROGRAM, path.resolve(harnessDirectory())];
    const { stdout } = await promisify(execFile)(peerPython ?? '', args);
    const [result, refused, calls] = JSON.parse(stdout.replaceAll('18446744073709551615', '"-1"'));
    expect([result, refused]).toEqual([true, false]);
    const KILL_ON_JOB_CLOSE = 0x2000;
    // JOBOBJECT_EXTENDED_LIMIT_INFORMATION has 144 bytes in a 64-bit process.
    expect(calls).toEqual([
      'CreateJobObjectW',
      'SetInformationJobObject',
      [2 ** 33, 9, 144, KILL_ON_JOB_CLOSE],
      'GetCurrentProcess',
      'AssignProcessToJobObject',
      [2 ** 33, '-1'],
      'CreateJobObjectW',
    ]);
  });
});
