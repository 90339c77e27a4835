import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'vitest';
import { EmbeddedEngine, FrontedEngine, NativeEngine } from '../../src/engines/index.ts';
import { processesWithHome } from '../helpers/leftovers.ts';
import { onnxAddModel } from '../helpers/onnx-model.ts';
import { repositoryRoot } from '../helpers/temp-project.ts';
import { realTriton, skipLoudly } from '../helpers/triton.ts';
import { type ContractModels, describeEngine } from './engine.contract.ts';

const gateway = {
  host: '127.0.0.1',
  httpPort: 0,
  grpcPort: 0,
  metricsPort: 0,
  insists: { grpc: true, metrics: true },
  modelControlMode: 'none',
} as const;

const INTERFACE = `
input [ { name: "x" data_type: TYPE_FP32 dims: [ 4 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 4 ] } ]
`;

const onnxModels: ContractModels = {
  add: (directory, addend) => onnxModel(directory, onnxAddModel(addend)),
  broken: (directory) => onnxModel(directory, Buffer.from('this is no model')),
};

async function onnxModel(directory: string, content: Buffer): Promise<void> {
  await mkdir(path.join(directory, '1'));
  await writeFile(path.join(directory, '1/model.onnx'), content);
  await writeFile(path.join(directory, 'config.pbtxt'), `backend: "onnxruntime"${INTERFACE}`);
}

const pythonModels: ContractModels = {
  add: (directory, addend) => pythonModel(directory, 'pass', `x.as_numpy() + numpy.float32(${addend})`),
  broken: (directory) => pythonModel(directory, 'raise ValueError("no luck")', 'x'),
};

async function pythonModel(directory: string, start: string, sum: string): Promise<void> {
  await mkdir(path.join(directory, '1'));
  await writeFile(path.join(directory, 'config.pbtxt'), `backend: "python"${INTERFACE}`);
  await writeFile(
    path.join(directory, '1/model.py'),
    `import numpy
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        ${start}

    def execute(self, requests):
        return [self.answer(pb_utils.get_input_tensor_by_name(request, "x")) for request in requests]

    def answer(self, x):
        return pb_utils.InferenceResponse([pb_utils.Tensor("y", ${sum})])
`,
  );
}

describeEngine({
  name: 'embedded',
  models: onnxModels,
  make: ({ repository, events }) =>
    new EmbeddedEngine({
      repository,
      host: '127.0.0.1',
      httpPort: 0,
      modelControlMode: 'none',
      runtimePaths: [repositoryRoot],
      events,
    }),
  leftovers: async () => [],
});

if (realTriton === undefined) {
  skipLoudly('the contract of the native engine');
  describe('the native engine', () => {
    test.skip('needs a real tritonserver', () => undefined);
  });
} else {
  const program = realTriton;
  const run = (workDirectory: string) => ({ ...process.env, TRITON_LOCAL_HOME: workDirectory });
  const nativeEngine = (models: ContractModels, name: string) =>
    describeEngine({
      name,
      models,
      make: ({ repository, workDirectory, events }) => {
        const environment = run(workDirectory) as Record<string, string>;
        return new FrontedEngine(
          new NativeEngine({ program, repository, workDirectory, environment, events }),
          { ...gateway, events },
        );
      },
      leftovers: async (workDirectory) => {
        const processes = await processesWithHome(workDirectory);
        const regions = (await readdir('/dev/shm').catch(() => [])).filter((file) =>
          file.startsWith(`triton-local-${process.pid}-`),
        );
        return [...processes.map((pid) => `process ${pid}`), ...regions];
      },
    });
  nativeEngine(pythonModels, 'native');
  nativeEngine(onnxModels, 'native, with ONNX models,');
}
