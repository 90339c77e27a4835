import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { modelPython, peerPython } from '../../helpers/python.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const CONFIG = `backend: "python"
max_batch_size: 4
input [ { name: "I" data_type: TYPE_FP32 dims: [ 2 ] } ]
output [ { name: "O" data_type: TYPE_FP32 dims: [ 2 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
`;
const WARM_UP = `model_warmup [ { name: "w" batch_size: 1
  inputs { key: "I" value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } } } ]
`;

/** A model with these methods. `hang()` writes the number of the process into a file, then never returns. */
const model = (methods: string) => `import os, threading
import triton_python_backend_utils as pb
def hang():
    file = os.path.join(os.path.dirname(__file__), "..", "hanging")
    with open(file + ".new", "w") as out: out.write(str(os.getpid()))
    os.replace(file + ".new", file)
    threading.Event().wait()
class TritonPythonModel:
${methods}
`;
const ANSWERS = `    def execute(self, requests):
        return [pb.InferenceResponse([pb.Tensor("O", r.inputs()[0].as_numpy())]) for r in requests]
`;

// A process that is not ended would also keep these tests from ending.
describe.skipIf(!peerPython)('a stop ends Python models that hang', () => {
  let folder: TempFolder;
  let server: InferenceServer | undefined;

  beforeEach(async () => {
    folder = await TempFolder.create();
  });
  afterEach(async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
    await folder[Symbol.asyncDispose]();
  });

  it.each([
    ['initialize()', `${ANSWERS}    def initialize(self, args): hang()`, CONFIG],
    ['the constructor', `${ANSWERS}    def __init__(self): hang()`, CONFIG],
    [
      'auto_complete_config()',
      `${ANSWERS}    @staticmethod\n    def auto_complete_config(c): hang()`,
      CONFIG,
    ],
    ['a warm-up', '    def execute(self, requests): hang()', CONFIG + WARM_UP],
  ])('in %s, while the server starts', async (_where, methods, config) => {
    await put(model(methods), config);
    const stop = new AbortController();
    const starting = expect(start(stop.signal)).rejects.toMatchObject({ code: 'START_ABORTED' });
    const pid = await hanging();
    stop.abort();
    await starting;
    expect(isRunning(pid)).toBe(false);
  });

  it('in initialize(), while it is loaded again', async () => {
    await put(model(ANSWERS));
    server = await start();
    await put(model(`${ANSWERS}    def initialize(self, args): hang()`));
    const loading = expect(server.load('m')).rejects.toThrow();
    const pid = await hanging();
    await server[Symbol.asyncDispose]();
    await loading;
    expect(isRunning(pid)).toBe(false);
  });

  it('in initialize(), after its process has died', async () => {
    await put(
      model(`    def initialize(self, args):
        file = os.path.join(os.path.dirname(__file__), "..", "begun")
        if os.path.exists(file): hang()
        open(file, "w").close()
    def execute(self, requests): os._exit(1)`),
    );
    server = await start();
    await infer();
    const unanswered = infer();
    const pid = await hanging();
    await server[Symbol.asyncDispose]();
    await unanswered;
    expect(isRunning(pid)).toBe(false);
  });

  it('in finalize(), also of a version that was replaced', async () => {
    await put(model(`${ANSWERS}    def finalize(self): hang()`));
    server = await start();
    await server.load('m');
    const replaced = await hanging();
    expect(await infer()).toBe(200);
    rmSync(folder.path('m/hanging'));
    const stopped = server[Symbol.asyncDispose]();
    const last = await hanging();
    await stopped;
    expect([replaced, last].map(isRunning)).toEqual([false, false]);
  });

  it('but lets finalize() take its time', async () => {
    const finalize = `    def finalize(self):
        __import__("time").sleep(2)
        open(os.path.join(os.path.dirname(__file__), "..", "finalized"), "w").close()`;
    await put(model(ANSWERS + finalize));
    server = await start();
    await server[Symbol.asyncDispose]();
    expect(existsSync(folder.path('m/finalized'))).toBe(true);
  });

  async function put(source: string, config = CONFIG): Promise<void> {
    await mkdir(folder.path('m/1'), { recursive: true });
    await writeFile(folder.path('m/config.pbtxt'), config);
    await writeFile(folder.path('m/1/model.py'), source);
  }

  function start(signal = new AbortController().signal): Promise<InferenceServer> {
    return startInferenceServer(
      {
        repository: folder.directory,
        host: '127.0.0.1',
        httpPort: 0,
        modelControlMode: 'none',
        runtimePaths: [],
        python: modelPython,
        events: new EventBus(),
      },
      signal,
    );
  }

  /** The number of the process that hangs, once it does. */
  async function hanging(): Promise<number> {
    const file = folder.path('m/hanging');
    await vi.waitFor(() => expect(existsSync(file)).toBe(true), 30_000);
    return Number(readFileSync(file, 'utf8'));
  }

  /** The status of an inference; undefined where the connection ends without an answer. */
  async function infer(): Promise<number | undefined> {
    const inputs = [{ name: 'I', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    const body = JSON.stringify({ inputs });
    const url = `${server?.httpUrl}/v2/models/m/infer`;
    return fetch(url, { method: 'POST', body }).then(
      ({ status }) => status,
      () => undefined,
    );
  }
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
