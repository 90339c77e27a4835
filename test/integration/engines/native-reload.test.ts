import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveProject } from '../../../src/config/index.ts';
import { createEmulator, type Emulator } from '../../../src/emulator/index.ts';
import { EventBus, type EventOf } from '../../../src/events/index.ts';
import { Load } from '../../helpers/load.ts';
import { TempFolder } from '../../helpers/temp-project.ts';
import { realTriton, skipLoudly } from '../../helpers/triton.ts';

if (realTriton === undefined) skipLoudly('reloads of the native engine');

const vector = (name: string) => `{ name: "${name}" data_type: TYPE_FP32 dims: [ 1 ] }`;
const PYTHON = `backend: "python"\ninput [ ${vector('x')} ]\noutput [ ${vector('y')} ]\n`;
const ENSEMBLE = `platform: "ensemble"
input [ ${vector('x')} ]
output [ ${vector('y')} ]
ensemble_scheduling { step [
  { model_name: "first" model_version: -1 input_map { key: "x" value: "x" } output_map { key: "y" value: "between" } },
  { model_name: "second" model_version: -1 input_map { key: "x" value: "between" } output_map { key: "y" value: "y" } }
] }
`;

const adds = (addend: number) => `import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        inputs = [pb_utils.get_input_tensor_by_name(request, "x").as_numpy() for request in requests]
        return [pb_utils.InferenceResponse([pb_utils.Tensor("y", x + ${addend})]) for x in inputs]
`;

// One emulator on a real tritonserver lives through these tests in their order. The ensemble gives first + second.
describe.skipIf(realTriton === undefined)('reloads on a real tritonserver', () => {
  let folder: TempFolder;
  let emulator: Emulator;
  let load: Load;
  const bus = new EventBus();

  const at = (file: string) => folder.path('project/models/triton', file);
  const completed = (model: string): Promise<EventOf<'reload.completed'>> =>
    new Promise((resolve) => {
      const unsubscribe = emulator.control.subscribe((event) => {
        if (event.type !== 'reload.completed' || !event.actions.some(({ target }) => target === model))
          return;
        unsubscribe();
        resolve(event);
      });
    });
  const answer = async () => {
    const { answeredAt } = await load.waitFor(() => true, performance.now());
    const sum = (body: string) => JSON.parse(body).outputs[0].data[0];
    return sum(load.answers.find((one) => one.answeredAt === answeredAt)?.body ?? '');
  };

  beforeAll(async () => {
    folder = await TempFolder.create('triton-local-native-');
    for (const [model, addend] of [
      ['first', 1],
      ['second', 10],
    ] as const) {
      await mkdir(at(`${model}/1`), { recursive: true });
      await writeFile(at(`${model}/config.pbtxt`), PYTHON);
      await writeFile(at(`${model}/1/model.py`), adds(addend));
    }
    await mkdir(at('both/1'), { recursive: true });
    await writeFile(at('both/config.pbtxt'), ENSEMBLE);
    const config = await resolveProject({
      directory: folder.path('project'),
      flags: {
        engine: 'native',
        tritonserver: realTriton,
        port: '0',
        httpPort: '0',
        grpcPort: '0',
        metricsPort: '0',
      },
      variables: { ...process.env, TRITON_LOCAL_HOME: folder.path('home') },
    });
    emulator = createEmulator({ config, runtimePaths: [] });
    emulator.control.subscribe((event) => bus.emit(event));
    const running = await emulator.start(new AbortController().signal);
    load = new Load({
      url: `${running.scoringUri}/v2/models/both/infer`,
      body: JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [0] }] }),
      requestsPerSecond: 100,
    });
  });

  afterAll(async () => {
    await load?.[Symbol.asyncDispose]();
    await emulator?.end('test', 0);
    await folder?.[Symbol.asyncDispose]();
  });

  it('give an ensemble its changed part', async () => {
    expect(await answer()).toBe(11);
    const done = completed('first');
    await writeFile(at('first/1/model.py'), adds(2));
    await done;
    expect(await answer()).toBe(12);
  });

  it('bring several models at once', async () => {
    const done = [completed('first'), completed('second')];
    await writeFile(at('first/1/model.py'), adds(3));
    await writeFile(at('second/1/model.py'), adds(20));
    await Promise.all(done);
    expect(await answer()).toBe(23);
  });

  it('bring a new version, and the one before when it is taken away', async () => {
    const added = completed('second');
    await cp(at('second/1'), folder.path('second-2'), { recursive: true });
    await writeFile(folder.path('second-2/model.py'), adds(30));
    await cp(folder.path('second-2'), at('second/2'), { recursive: true });
    expect((await added).actions).toMatchObject([{ reason: 'version 2 added' }]);
    expect(await answer()).toBe(33);
    const removed = completed('second');
    await rm(at('second/2'), { recursive: true });
    expect((await removed).actions).toMatchObject([{ reason: 'version 2 removed' }]);
    expect(await answer()).toBe(23);
  });

  it('keep what served while a part is broken', async () => {
    const failed = bus.next('reload.failed');
    await writeFile(at('first/1/model.py'), 'class TritonPythonModel:\n    x = (\n');
    expect((await failed).error.file).toBe(at('first/1/model.py'));
    expect(await answer()).toBe(23);
    const done = completed('first');
    await writeFile(at('first/1/model.py'), adds(4));
    await done;
    expect(await answer()).toBe(24);
  });

  it('lost no request in all of it', async () => {
    await load.stop();
    expect(load.answers.length).toBeGreaterThan(100);
    expect(load.failures.map(({ status, body }) => `${status} ${body}`)).toEqual([]);
  });
});
