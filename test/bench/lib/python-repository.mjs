import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

const PREAMBLE = `import numpy
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        return [self.answer(pb_utils.get_input_tensor_by_name(r, "INPUT").as_numpy()) for r in requests]

    def answer(self, x):
        return pb_utils.InferenceResponse([pb_utils.Tensor("OUTPUT", EXPRESSION)])
`;

const tensors = `
input [ { name: "INPUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
output [ { name: "OUTPUT" data_type: TYPE_FP32 dims: [ -1 ] } ]
`;

/** Writes a Python model `OUTPUT = expression of x`; both are FP32 of any length, in batches of up to 32. */
export async function writePythonModel(repository, name, expression) {
  const config = `backend: "python"\nmax_batch_size: 32${tensors}instance_group [ { count: 1 kind: KIND_CPU } ]\ndynamic_batching { }\n`;
  await write(repository, name, { 'config.pbtxt': config, '1/model.py': pythonSource(expression) });
}

const DECOUPLED = `import numpy
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        for request in requests:
            count = int(pb_utils.get_input_tensor_by_name(request, "INPUT").as_numpy()[0])
            sender = request.get_response_sender()
            for index in range(count):
                answer = pb_utils.Tensor("OUTPUT", numpy.array([index], dtype=numpy.int32))
                sender.send(pb_utils.InferenceResponse([answer]))
            sender.send(flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)
`;

/** Writes a decoupled Python model that answers as many times as INPUT says; both tensors are one INT32. */
export async function writeDecoupledModel(repository, name) {
  const tensor = (kind, label) => `${kind} [ { name: "${label}" data_type: TYPE_INT32 dims: [ 1 ] } ]\n`;
  const config = `backend: "python"\n${tensor('input', 'INPUT')}${tensor('output', 'OUTPUT')}model_transaction_policy { decoupled: true }\ninstance_group [ { count: 1 kind: KIND_CPU } ]\n`;
  await write(repository, name, { 'config.pbtxt': config, '1/model.py': DECOUPLED });
}

export const pythonSource = (expression) => PREAMBLE.replace('EXPRESSION', expression);

/** Writes an ensemble that runs models one after the other. */
export async function writeChain(repository, name, models) {
  const steps = models.map((model, index) => {
    const from = index === 0 ? 'INPUT' : `t${index}`;
    const to = index === models.length - 1 ? 'OUTPUT' : `t${index + 1}`;
    return `step [ { model_name: "${model}" model_version: -1 input_map { key: "INPUT" value: "${from}" } output_map { key: "OUTPUT" value: "${to}" } } ]`;
  });
  const config = `platform: "ensemble"\nmax_batch_size: 32${tensors}ensemble_scheduling { ${steps.join(' ')} }\n`;
  await write(repository, name, { 'config.pbtxt': config, '1/about.txt': 'an ensemble has no files\n' });
}

async function write(repository, name, files) {
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(repository, name, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
