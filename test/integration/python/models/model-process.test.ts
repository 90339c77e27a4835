import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  BatchEntry,
  ModelTensor,
  NumberedResponse,
} from '../../../../src/python/models/model-frames.ts';
import { ModelProcess } from '../../../../src/python/models/model-process.ts';
import { TensorFiles } from '../../../../src/python/models/tensor-files.ts';
import { peerPython } from '../../../helpers/python.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

const FP32 = 11;
const floats = (name: string, values: readonly number[]): ModelTensor => ({
  name,
  datatype: FP32,
  shape: [1, values.length],
  data: new Uint8Array(new Float32Array(values).buffer),
});
const valuesOf = ({ data }: ModelTensor) => [...new Float32Array(Uint8Array.from(data).buffer)];

describe.runIf(peerPython)('the process of a Python model', () => {
  let folder: TempFolder;
  let process_: ModelProcess;
  let files: TensorFiles | undefined;
  const responses: NumberedResponse[] = [];
  const logs: string[] = [];

  beforeEach(async () => {
    folder = await TempFolder.create();
    files = await TensorFiles.create();
    responses.length = 0;
    logs.length = 0;
    process_ = new ModelProcess({
      interpreter: peerPython ?? '',
      environment: { PATH: process.env.PATH ?? '' },
    });
  });
  afterEach(async () => {
    await process_[Symbol.asyncDispose]();
    await files?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const start = (source: string, options: { decoupled?: boolean; onCall?: (call: unknown) => void } = {}) => {
    mkdirSync(folder.path('1'));
    writeFileSync(folder.path('1/model.py'), source);
    return process_.start(
      {
        type: 'start',
        task: 'serve',
        name: 'm',
        version: '1',
        instance: 'm_0',
        directory: folder.directory,
        filename: 'model.py',
        decoupled: options.decoupled ?? false,
        outputs: ['O'],
        arguments: { model_name: 'm' },
        config: '{}',
        environment: {},
        tensorFolder: files?.directory ?? null,
      },
      files,
      {
        onLog: (_level, text) => logs.push(text),
        onResponse: (response) => responses.push(response),
        onExecuteFailed: ({ traceback }) => logs.push(traceback),
        onCall: (call) => options.onCall?.(call),
        onControlCall: () => {},
        onMetric: () => {},
        onExit: () => {},
      },
    );
  };
  const entry = (number: number, values: readonly number[]): BatchEntry => ({
    number,
    meta: ['id', 7, 1, 0, '{"a":1}'],
    outputs: undefined,
    inputs: [floats('I', values)],
  });
  const model = (body: string) =>
    `import numpy as np\nimport triton_python_backend_utils as pb\nclass TritonPythonModel:\n${body.replace(/^/gm, '  ')}\n`;

  it('answers a batch, one response a request', async () => {
    const started = await start(
      model(
        'def execute(self, requests):\n  return [pb.InferenceResponse([pb.Tensor("O", r.inputs()[0].as_numpy() * 2)]) for r in requests]',
      ),
    );
    expect(started).toMatchObject({ type: 'ready' });
    const end = await process_.execute([entry(1, [1, 2]), entry(2, [3])]);
    expect(end.kind).toBe('returned');
    expect(responses.map(({ number, response }) => [number, response.outputs?.map(valuesOf)])).toEqual([
      [1, [[2, 4]]],
      [2, [[6]]],
    ]);
  });

  it('moves large tensors through memory, and lets a model write into its inputs', async () => {
    await start(
      model(
        'def execute(self, requests):\n  a = requests[0].inputs()[0].as_numpy()\n  a += 1\n  return [pb.InferenceResponse([pb.Tensor("O", a)])]',
      ),
    );
    const values = Array.from({ length: 100_000 }, (_, index) => index);
    await process_.execute([entry(1, values)]);
    expect(responses[0]?.response.outputs?.map(valuesOf)[0]?.slice(-2)).toEqual([99_999, 100_000]);
  });

  it('fails a batch with the exception and its frames, innermost first', async () => {
    await start(
      model('def execute(self, requests):\n  return deep()').concat(
        'def deep():\n  raise ValueError("no")\n',
      ),
    );
    const end = await process_.execute([entry(1, [1])]);
    expect(end.kind).toBe('failed');
    const file = path.join(folder.directory, '1/model.py');
    expect(responses[0]?.response.error?.message).toBe(
      `ValueError: no\n\nAt:\n  ${file}(7): deep\n  ${file}(5): execute\n`,
    );
    expect(logs.join('\n')).toContain('Traceback (most recent call last)');
  });

  it('sends the responses of a decoupled model as they are made', async () => {
    await start(
      model(
        'def execute(self, requests):\n  s = requests[0].get_response_sender()\n  for i in range(3): s.send(pb.InferenceResponse([pb.Tensor("O", np.array([[i]], np.float32))]))\n  s.send(flags=pb.TRITONSERVER_RESPONSE_COMPLETE_FINAL)',
      ),
      { decoupled: true },
    );
    await process_.execute([entry(1, [1])]);
    expect(responses.map(({ follows, response }) => [follows, response.outputs?.map(valuesOf)])).toEqual([
      ['more', [[0]]],
      ['more', [[1]]],
      ['more', [[2]]],
      ['end', undefined],
    ]);
  });

  it('lets a model call another one, and goes on with the answer', async () => {
    await start(
      model(
        'def execute(self, requests):\n  r = pb.InferenceRequest(model_name="n", inputs=[pb.Tensor("X", np.ones((1, 2), np.float32))], requested_output_names=["Y"]).exec()\n  return [pb.InferenceResponse([pb.Tensor("O", r.output_tensors()[0].as_numpy())])]',
      ),
      {
        onCall: (call) => {
          const {
            call: number,
            model: name,
            inputs,
          } = call as { call: number; model: string; inputs: ModelTensor[] };
          expect(name).toBe('n');
          const output = floats(
            'Y',
            inputs.flatMap(valuesOf).map((value) => value + 4),
          );
          process_.answer(number, 'end', { error: undefined, parameters: undefined, outputs: [output] });
        },
      },
    );
    await process_.execute([entry(1, [1])]);
    expect(responses[0]?.response.outputs?.map(valuesOf)).toEqual([[5, 5]]);
  });

  it('tells a batch that its process is gone', async () => {
    await start(model('def execute(self, requests):\n  import os\n  os._exit(9)'));
    expect((await process_.execute([entry(1, [1])])).kind).toBe('lost');
    expect(process_.isAlive).toBe(false);
  });

  it('says why a model does not load', async () => {
    expect(await start('x = 1\n')).toMatchObject({
      type: 'failed',
      message: "AttributeError: module '1.model' has no attribute 'TritonPythonModel'",
    });
  });

  it('finalizes at the end', async () => {
    await start(model('def execute(self, requests): pass\ndef finalize(self): print("bye")'));
    await process_[Symbol.asyncDispose]();
    expect(logs).toContain('bye');
  });
});
