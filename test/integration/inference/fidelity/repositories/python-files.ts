import type { RepositoryFiles } from '../shared-repository.ts';

/** The configuration that most models here have: FP32 `[n, 2]` in and out. */
export const TWO_NUMBERS = `max_batch_size: 4
input [ { name: "I" data_type: TYPE_FP32 dims: [ 2 ] } ]
output [ { name: "O" data_type: TYPE_FP32 dims: [ 2 ] } ]
instance_group [ { count: 1 kind: KIND_CPU } ]
`;
export const DECOUPLED = 'model_transaction_policy { decoupled: true }\n';
export const PREAMBLE = `import triton_python_backend_utils as pb
import numpy as np
`;

/** The files of a Python model. */
export function pythonFiles(name: string, source: string, config: string = TWO_NUMBERS): RepositoryFiles {
  return { [`${name}/config.pbtxt`]: `backend: "python"\n${config}`, [`${name}/1/model.py`]: source };
}

/** A model whose `execute(self, requests)` has this body. */
export function executing(body: string): string {
  return `${PREAMBLE}class TritonPythonModel:\n    def execute(self, requests):\n${indented(body)}`;
}

/** The same, one request at a time as `r` with its response sender `s`; for decoupled models. */
export function sending(body: string): string {
  return executing(
    `for r in requests:\n    s = r.get_response_sender()\n    x = r.inputs()[0].as_numpy()\n${indented(body, '    ')}`,
  );
}

function indented(text: string, by = '        '): string {
  return text
    .split('\n')
    .map((line) => `${by}${line}\n`)
    .join('');
}

/** Tensors by name, each as `TYPE;DIMS;MORE`. */
export type Tensors = Readonly<Record<string, string>>;

/** One tensor of a configuration. */
export const tensorConfig = (kind: string, name: string, spec: string) => {
  const [type = 'FP32', dims = '2', more = ''] = spec.split(/\s*;\s*/);
  return `${kind} [ { name: "${name}" data_type: TYPE_${type} dims: [ ${dims} ] ${more} } ]\n`;
};
