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
  required: { grpc: true, metrics: true },
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

/** `y = x` twice through `model`. */
export async function ensembleModel(directory: string, model: string): Promise<void> {
  const step = (from: string, to: string) =>
    `step [ { model_name: "${model}" model_version: -1 input_map { key: "x" value: "${from}" } output_map { key: "y" value: "${to}" } } ]`;
  await mkdir(path.join(directory, '1'));
  // Copies of a repository keep folders with files only.
  await writeFile(path.join(directory, '1/about.txt'), 'an ensemble has no files of its own');
  await writeFile(
    path.join(directory, 'config.pbtxt'),
    `platform: "ensemble"${INTERFACE}ensemble_scheduling { ${step('x', 't')} ${step('t', 'y')} }`,
  );
}

/** A decoupled Python model that answers with `x`, `x + 1` and `x + 2`. */
export async function streamingModel(directory: string): Promise<void> {
  await mkdir(path.join(directory, '1'));
  await writeFile(
    path.join(directory, 'config.pbtxt'),
    `backend: "python"${INTERFACE}model_transaction_policy { decoupled: true }`,
  );
  await writeFile(
    path.join(directory, '1/model.py'),
    `import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            x = pb_utils.get_input_tensor_by_name(request, "x").as_numpy()
            sender = request.get_response_sender()
            for step in range(3):
                sender.send(pb_utils.InferenceResponse([pb_utils.Tensor("y", x + step)]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
`,
  );
}

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
