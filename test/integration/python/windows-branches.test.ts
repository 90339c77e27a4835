// What the harness does on Windows, with functions of Windows that note what they are given.
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { harnessDirectory } from '../../../src/python/harness-directory.ts';
import { peerPython, runPython } from '../../helpers/python.ts';

/** `nt` as the name of the system, the modules and the library that Python has only there. */
const WINDOWS = `
import ctypes, json, os, runpy, subprocess, sys, threading, types
sys.path.insert(0, sys.argv[1])
calls = []

class Function:
    def __init__(self, name, answer):
        self.name, self.answer = name, answer
    def __call__(self, *args):
        calls.append([self.name] + [getattr(it, "value", it) for it in args if isinstance(it, (int, bool, ctypes.c_void_p))])
        return self.answer(*args) if callable(self.answer) else self.answer

class Kernel:
    pass

kernel = Kernel()
def windows(**functions):
    for name, answer in functions.items():
        setattr(kernel, name, Function(name, answer))
ctypes.windll = types.SimpleNamespace(kernel32=kernel)
os.O_BINARY = 0x8000
msvcrt = types.ModuleType("msvcrt")
msvcrt.get_osfhandle = lambda descriptor: (1 << 33) + descriptor
msvcrt.setmode = lambda descriptor, mode: calls.append(["setmode", descriptor, mode])
sys.modules["msvcrt"] = msvcrt
def told():
    result = calls[:]
    calls.clear()
    return result
`;

const run = async (program: string) =>
  JSON.parse(await runPython(WINDOWS + program, path.resolve(harnessDirectory())));

describe.skipIf(!peerPython)('the harness on Windows', () => {
  it('waits for its parent by a handle of full width, and ends with it', async () => {
    const result = await run(`
import parent
ended = []
os._exit = ended.append
windows(OpenProcess=1 << 33, WaitForSingleObject=0)
parent._watch_windows(0, 4711, sleep=lambda seconds: None)
alive = told()
windows(OpenProcess=None)
parent._watch_windows(0, 4711, sleep=lambda seconds: None)
print(json.dumps([alive, ended, told()]))
`);
    const SYNCHRONIZE = 0x00100000;
    const INFINITE = 0xffffffff;
    expect(result).toEqual([
      [
        ['OpenProcess', SYNCHRONIZE, false, 4711],
        ['WaitForSingleObject', 2 ** 33, INFINITE],
      ],
      [0],
      // A parent that cannot be opened is not waited for: the closed pipe ends the process.
      [['OpenProcess', SYNCHRONIZE, false, 4711]],
    ]);
  });

  it('looks into its pipe without reading', async () => {
    const result = await run(`
import channel
def peek(available, result):
    def answer(handle, _buffer, _size, _read, total, _left):
        total._obj.value = available
        return result
    return answer
os.name = "nt"
looks = []
for available, result in ((0, 1), (7, 1), (0, 0)):
    windows(PeekNamedPipe=peek(available, result))
    looks.append(channel._input_watcher(0)())
print(json.dumps([looks, calls[0]]))
`);
    // Nothing there, seven bytes, the other end closed.
    expect(result).toEqual([
      [false, true, true],
      ['PeekNamedPipe', 2 ** 33, 0],
    ]);
  });

  it('ends a build with all that it started through taskkill, without a process group', async () => {
    const result = await run(`
os.name = "nt"
started, ended, statuses = [], [], []
over = threading.Event()
class Process:
    pid = 42
    def __init__(self, command, **options):
        started.append([command, options["start_new_session"]])
    def wait(self):
        over.wait()
        return 1
def call(command):
    ended.append(command)
    over.set()
subprocess.Popen, subprocess.call = Process, call
os._exit = statuses.append
os.read = lambda descriptor, size: b""
sys.argv = ["guard.py", "pip", "install"]
runpy.run_path(os.path.join(sys.path[0], "guard.py"), run_name="__main__")
print(json.dumps([started, ended, statuses]))
`);
    expect(result).toEqual([[[['pip', 'install'], false]], [['taskkill', '/F', '/T', '/PID', '42']], [1]]);
  });
});
