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
