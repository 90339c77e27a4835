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

  it('are refused by name where Python has no numpy', async () => {
    await put('plain', model('pass'));
    await start(async () => ({
      interpreter: requirePeerPython(),
      environment: { PATH: process.env.PATH ?? '', PYTHONPATH: await withoutNumpy() },
    }));
    expect(server?.models()[0]?.reason).toContain(
      "No module named 'numpy'; Python models need it: add numpy to the project's requirements",
    );
  });

  async function withoutNumpy(): Promise<string> {
    await mkdir(folder.path('hidden'));
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
