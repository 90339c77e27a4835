import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import { type InferenceServer, startInferenceServer } from '../../../src/inference/index.ts';
import { modelPython, peerPython, requirePeerPython } from '../../helpers/python.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

const CONFIG = `backend: "python"
max_batch_size: 4
input [ { name: "I" data_type: TYPE_FP32 dims: [ 2 ] } ]
output [ { name: "O" data_type: TYPE_FP32 dims: [ 2 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
`;

const model = (execute: string, top = '') => `import triton_python_backend_utils as pb
import numpy as np
${top}
class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(r.inputs()[0].as_numpy()) for r in requests]

    def answer(self, x):
        ${execute}
        return pb.InferenceResponse([pb.Tensor("O", x + 1)])
`;

/** For a machine that is busy. */
const PATIENTLY = { timeout: 30_000 };

describe.skipIf(!peerPython)('Python models', () => {
  let folder: TempFolder;
  let server: InferenceServer | undefined;
  let seen: EmulatorEvent[];

  beforeEach(async () => {
    folder = await TempFolder.create();
    await mkdir(folder.path('staged'));
    seen = [];
  });
  afterEach(async () => {
    await server?.[Symbol.asyncDispose]();
    server = undefined;
    await folder[Symbol.asyncDispose]();
  });

  it('whose process dies are started again, which their state and the events count', async () => {
    await put('mortal', model('if x[0, 0] == 9: __import__("os")._exit(3)'));
    const url = await start();
    expect(await infer(url, 'mortal', 1)).toMatchObject({ outputs: [{ data: [2, 2] }] });
    expect(await infer(url, 'mortal', 9)).toEqual({ error: "Stub process 'mortal_0_0' is not healthy." });
    expect(await infer(url, 'mortal', 1)).toMatchObject({ outputs: [{ data: [2, 2] }] });
    const restarted = { type: 'model.state', model: 'mortal', version: '1', state: 'READY', restarts: 1 };
    expect(seen).toContainEqual(expect.objectContaining(restarted));
    expect(logs()).toContain('the process of mortal_0_0 ended with exit code 3; it is started again');
  });

  it('that hang in execute() hold up no reload, no other model and no stop', async () => {
    await put('hangs', model('__import__("time").sleep(3600)'));
    await put('other', model('pass'));
    const url = await start();
    const client = new AbortController();
    const hanging = infer(url, 'hangs', 1, client.signal);
    await expect.poll(() => infer(url, 'other', 1)).toMatchObject({ outputs: [{ data: [2, 2] }] });
    await put('hangs', model('pass'));
    await server?.load('hangs');
    expect(await infer(url, 'hangs', 1)).toMatchObject({ outputs: [{ data: [2, 2] }] });
    await rm(folder.path('staged/hangs'), { recursive: true });
    await server?.unload('hangs');
    expect(await infer(url, 'hangs', 1)).toMatchObject({ error: expect.stringContaining('unknown model') });
    // The server gives clients that wait the 30 seconds that Triton gives them; this one goes.
    client.abort();
    await hanging;
    await server?.[Symbol.asyncDispose]();
    server = undefined;
  });

  it('tell of the files that the user has, in answers, in reasons and in the log', async () => {
    await put('raises', model('raise ValueError("no")'));
    await put('unloadable', model('pass', 'x = 1 / 0'));
    const url = await start();
    const file = `${folder.path('mine')}/raises/1/model.py`;
    const { error } = (await infer(url, 'raises', 1)) as { error: string };
    expect(error).toContain(`  ${file}(9): answer\n`);
    await expect.poll(logs).toContain(`File "${file}", line 9, in answer`);
    const broken = server?.models().find(({ name }) => name === 'unloadable')?.reason;
    expect(broken).toContain(`${folder.path('mine')}/unloadable/1/model.py(3): <module>`);
    await expect(server?.load('unloadable')).rejects.toMatchObject({
      location: { file: folder.path('staged/unloadable/1/model.py'), line: 3 },
    });
    expect(JSON.stringify([error, broken, seen])).not.toContain(folder.path('staged'));
  });

  it('read the modules beside them anew when they are loaded again', async () => {
    await put('helped', model('x = x * factor', 'from helper import factor'));
    const helper = folder.path('staged/helped/1/helper.py');
    await writeFile(helper, 'factor = 10\n');
    const url = await start();
    expect(await infer(url, 'helped', 1)).toMatchObject({ outputs: [{ data: [11, 11] }] });
    await writeFile(helper, 'factor = 20\n');
    await server?.load('helped');
    expect(await infer(url, 'helped', 1)).toMatchObject({ outputs: [{ data: [21, 21] }] });
  });

  it('run in the environment that their configuration names', async () => {
    const environment =
      'parameters { key: "EXECUTION_ENV_PATH" value { string_value: "$$TRITON_MODEL_DIRECTORY/env" } }';
    await put('packed', model('pass'), CONFIG + environment);
    await put('plain', model('pass'));
    const asked: (string | undefined)[] = [];
    await start(async (packed) => {
      asked.push(packed);
      return modelPython();
    });
    expect(asked.sort()).toEqual([folder.path('staged/packed/env'), undefined]);
  });

  it('log as any program does, each under its own name', async () => {
    const top =
      'import logging\nlogging.basicConfig(level=logging.INFO, format="%(levelname)s of %(name)s: %(message)s")';
    await put('logs', model('logging.getLogger("mine").info("hello")', top));
    const url = await start();
    await infer(url, 'logs', 1);
    const line = { type: 'log.line', level: 'info', model: 'logs', text: 'INFO of mine: hello' };
    await expect.poll(() => seen, PATIENTLY).toContainEqual(expect.objectContaining(line));
    expect(logs()).not.toContain('basicConfig');
  });

  it('outlive answers that cannot be encoded, and signals', async () => {
    const top = 'import os, signal\nPID = os.getpid()';
    const unusual = `if x[0, 0] == 1: return pb.InferenceResponse([pb.Tensor("O", np.array([["\\ud800"]], dtype=object))])
        if x[0, 0] == 2: return pb.InferenceResponse([pb.Tensor("O", np.ma.masked_array(x, x > 0))])
        if x[0, 0] == 3: os.kill(PID, signal.SIGINT); os.kill(PID, signal.SIGTERM)
        assert os.getpid() == PID`;
    await put('tough', model(unusual, top));
    const url = await start();
    expect(await infer(url, 'tough', 1)).toEqual({
      error: expect.stringContaining("UnicodeEncodeError: 'utf-8' codec can't encode character"),
    });
    expect(await infer(url, 'tough', 2)).toEqual({ error: expect.stringContaining('AttributeError') });
    for (const value of [3, 4])
      expect(await infer(url, 'tough', value)).toMatchObject({ outputs: [{ data: [value + 1, value + 1] }] });
    expect(logs()).not.toContain('it is started again');
  });

  it.skipIf(process.platform === 'win32')(
    'answer once where they fork and both processes return',
    async () => {
      const fork = 'if __import__("os").fork() == 0 and x[0, 0] == 1: raise ValueError("in the child")';
      await put('forks', model(fork));
      const url = await start();
      for (const value of [1, 2, 1, 2])
        expect(await infer(url, 'forks', value)).toMatchObject({
          outputs: [{ data: [value + 1, value + 1] }],
        });
    },
  );

  it('run in the working directory of the server', async () => {
    await put('local', model('raise ValueError(__import__("os").getcwd())'));
    const url = await start();
    expect(await infer(url, 'local', 1)).toEqual({
      error: expect.stringContaining(`ValueError: ${process.cwd()}\n`),
    });
  });

  it('that hang while they load are called off by a newer load, and by the end', async () => {
    await put('hangs', model('pass'));
    const url = await start();
    const sleeping = 'print("asleep"); __import__("time").sleep(3600)';
    for (const source of [
      model('pass', sleeping),
      model('pass', `def auto_complete_config(): pass\n${sleeping}`),
      `${model('pass')}    def initialize(self, arguments):\n        ${sleeping}\n`,
    ]) {
      await put('hangs', source);
      seen.length = 0;
      const newer = new AbortController();
      const load = server?.load('hangs', newer.signal);
      await expect.poll(logs, PATIENTLY).toContain('asleep');
      newer.abort();
      await expect(load).rejects.toThrow('the load was called off');
      expect(await infer(url, 'hangs', 1)).toMatchObject({ outputs: [{ data: [2, 2] }] });
    }
    expect(server?.loadFailure('hangs')).toBeUndefined();
    seen.length = 0;
    const last = server?.load('hangs');
    await expect.poll(logs, PATIENTLY).toContain('asleep');
    await Promise.all([
      expect(last).rejects.toThrow('the load was called off'),
      server?.[Symbol.asyncDispose](),
    ]);
    server = undefined;
  });

  it('name their file and line where a model that completes its configuration fails', async () => {
    const completing = `    @staticmethod
    def auto_complete_config(config):
        raise ValueError("no")
`;
    await put('completes', model('pass') + completing);
    await put('misspelt', 'def (\n');
    await start();
    for (const [name, line] of [
      ['completes', 13],
      ['misspelt', 1],
    ])
      await expect(server?.load(String(name))).rejects.toMatchObject({
        location: { file: folder.path(`staged/${name}/1/model.py`), line },
      });
  });

  it('are refused by name where Python has no numpy', async () => {
    await put('plain', model('pass'));
    await put('completes', model('pass', '# auto_complete_config'));
    await start(async () => ({
      interpreter: requirePeerPython(),
      environment: { PATH: process.env.PATH ?? '', PYTHONPATH: await withoutNumpy() },
    }));
    for (const { reason } of server?.models() ?? [])
      expect(reason).toContain(
        "No module named 'numpy'; Python models need it: add numpy to the project's requirements",
      );
  });

  async function withoutNumpy(): Promise<string> {
    await mkdir(folder.path('hidden'), { recursive: true });
    await writeFile(
      folder.path('hidden/numpy.py'),
      'raise ModuleNotFoundError("No module named \'numpy\'", name="numpy")\n',
    );
    return folder.path('hidden');
  }

  async function put(name: string, source: string, config = CONFIG): Promise<void> {
    await mkdir(folder.path('staged', name, '1'), { recursive: true });
    await writeFile(folder.path('staged', name, 'config.pbtxt'), config);
    await writeFile(folder.path('staged', name, '1/model.py'), source);
  }

  async function start(
    python: (packed?: string) => ReturnType<typeof modelPython> = modelPython,
  ): Promise<string> {
    const events = new EventBus();
    events.subscribe((event) => seen.push(event));
    server = await startInferenceServer(
      {
        repository: folder.path('staged'),
        host: '127.0.0.1',
        httpPort: 0,
        modelControlMode: 'none',
        runtimePaths: [],
        python,
        userPaths: (text) => text.replaceAll(folder.path('staged'), folder.path('mine')),
        events,
      },
      new AbortController().signal,
    );
    return server.httpUrl;
  }

  const logs = () => seen.flatMap((event) => (event.type === 'log.line' ? [event.text] : [])).join('\n');
});

async function infer(url: string, name: string, value: number, signal?: AbortSignal): Promise<unknown> {
  const inputs = [{ name: 'I', datatype: 'FP32', shape: [1, 2], data: [value, value] }];
  const body = JSON.stringify({ inputs });
  const answer = await fetch(`${url}/v2/models/${name}/infer`, {
    method: 'POST',
    body,
    signal: signal ?? null,
  }).catch(() => undefined);
  return answer?.json();
}
