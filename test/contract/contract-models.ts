import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onnxAddModel } from '../helpers/onnx-model.ts';
import type { ContractModels } from './engine.contract.ts';

/** How engines that run elsewhere are fronted in the suite: every port any, clients may load nothing. */
export const gateway = {
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

export const onnxModels: ContractModels = {
  add: (directory, addend) => onnxModel(directory, onnxAddModel(addend)),
  broken: (directory) => onnxModel(directory, Buffer.from('this is no model')),
};

async function onnxModel(directory: string, content: Buffer): Promise<void> {
  await mkdir(path.join(directory, '1'));
  await writeFile(path.join(directory, '1/model.onnx'), content);
  await writeFile(path.join(directory, 'config.pbtxt'), `backend: "onnxruntime"${INTERFACE}`);
}

export const pythonModels: ContractModels = {
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
