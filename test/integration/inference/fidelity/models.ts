// The models that both servers have: ONNX here, the same interface and arithmetic on the Python backend there.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Datatype, ELEMENT_BYTES } from '../../../../src/kserve/index.ts';
import { type OnnxGraph, type OnnxValue, onnxModel } from '../../../helpers/onnx-writer.ts';

export interface PeerModel {
  readonly name: string;
  /** `config.pbtxt` without what names the backend. */
  readonly config: string;
  readonly versions: Readonly<Record<string, PeerVersion>>;
  /** Further files by path below the model's folder. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface PeerVersion {
  readonly onnx: Uint8Array;
  /** A Python expression for the outputs by name, of `given` (arrays by input name) and `numpy`. */
  readonly python: string;
}

/** Where a repository is written: what runs the models. */
export type Backend = 'onnxruntime' | 'python';

export function writeModel(repository: string, model: PeerModel, backend: Backend): void {
  writeConfigured(
    repository,
    model,
    backend,
    `instance_group [{ count: 1 kind: KIND_CPU }]\n${model.config}`,
  );
}

/** The same with another configuration than the model's own. */
export function writeConfigured(
  repository: string,
  model: PeerModel,
  backend: Backend,
  config: string,
): void {
  const folder = path.join(repository, model.name);
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(model.files ?? {}))
    writeFileSync(path.join(folder, file), content);
  writeFileSync(path.join(folder, 'config.pbtxt'), configText(config, backend));
  for (const [version, content] of Object.entries(model.versions)) {
    mkdirSync(path.join(folder, version), { recursive: true });
    const [file, data] =
      backend === 'python' ? ['model.py', pythonModel(content.python)] : ['model.onnx', content.onnx];
    writeFileSync(path.join(folder, version, file), data);
  }
}

/** The platform is the same on both sides, since metadata shows it. */
export function configText(config: string, backend: Backend): string {
  return `platform: "onnxruntime_onnx"\nbackend: "${backend}"\n${
    backend === 'python' ? 'default_model_filename: "model.py"\n' : ''
  }${config}\n`;
}

export function pythonModel(outputs: string): string {
  return `import numpy
import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def execute(self, requests):
        responses = []
        for request in requests:
            given = {tensor.name(): tensor.as_numpy() for tensor in request.inputs()}
            outputs = ${outputs}
            wanted = request.requested_output_names()
            responses.append(pb_utils.InferenceResponse([pb_utils.Tensor(name, outputs[name]) for name in sorted(outputs) if name in wanted]))
        return responses
`;
}

const tensorText = (kind: 'input' | 'output', name: string, type: string, dims: string, extra = '') =>
  `${kind} { name: "${name}" data_type: ${type} dims: [ ${dims} ] ${extra} }\n`;

const value = (name: string, datatype: Datatype, ...shape: (number | string)[]): OnnxValue => ({
  name,
  datatype,
  shape,
});

const configType = (datatype: Datatype) => `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`;

function identity(datatype: Datatype, shape: (number | string)[]): PeerVersion {
  const graph: OnnxGraph = {
    nodes: [{ operator: 'Identity', inputs: ['INPUT0'], outputs: ['OUTPUT0'] }],
    inputs: [value('INPUT0', datatype, ...shape)],
    outputs: [value('OUTPUT0', datatype, ...shape)],
  };
  return { onnx: onnxModel(graph), python: '{"OUTPUT0": given["INPUT0"]}' };
}

/** Datatypes that both sides can run: onnxruntime-node has no BF16, and neither has numpy. */
export const RUNNABLE = (Object.keys(ELEMENT_BYTES) as Datatype[]).filter((datatype) => datatype !== 'BF16');

const identities: PeerModel[] = RUNNABLE.map((datatype) => ({
  name: `identity_${datatype.toLowerCase()}`,
  config:
    tensorText('input', 'INPUT0', configType(datatype), '-1') +
    tensorText('output', 'OUTPUT0', configType(datatype), '-1'),
  versions: { '1': identity(datatype, ['n']) },
}));

function sumAndDifference(datatype: Datatype, shape: (number | string)[]): PeerVersion {
  return {
    onnx: onnxModel({
      nodes: [
        { operator: 'Add', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT0'] },
        { operator: 'Sub', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT1'] },
      ],
      inputs: [value('INPUT0', datatype, ...shape), value('INPUT1', datatype, ...shape)],
      outputs: [value('OUTPUT0', datatype, ...shape), value('OUTPUT1', datatype, ...shape)],
    }),
    python: '{"OUTPUT0": given["INPUT0"] + given["INPUT1"], "OUTPUT1": given["INPUT0"] - given["INPUT1"]}',
  };
}

const pair = (type: string, dims: string) =>
  tensorText('input', 'INPUT0', type, dims) +
  tensorText('input', 'INPUT1', type, dims) +
  tensorText('output', 'OUTPUT0', type, dims) +
  tensorText('output', 'OUTPUT1', type, dims);

function addend(amount: number): PeerVersion {
  return {
    onnx: onnxModel({
      nodes: [{ operator: 'Add', inputs: ['INPUT0', 'addend'], outputs: ['OUTPUT0'] }],
      inputs: [value('INPUT0', 'FP32', 2)],
      outputs: [value('OUTPUT0', 'FP32', 2)],
      initializers: [
        {
          name: 'addend',
          datatype: 'FP32',
          shape: [1],
          data: new Uint8Array(Float32Array.of(amount).buffer),
        },
      ],
    }),
    python: `{"OUTPUT0": given["INPUT0"] + numpy.float32(${amount})}`,
  };
}

/** Adds `amount` to INPUT0, two FP32 numbers. */
export function addModel(name: string, amounts: Readonly<Record<string, number>>, extra = ''): PeerModel {
  return {
    name,
    config:
      tensorText('input', 'INPUT0', 'TYPE_FP32', '2') +
      tensorText('output', 'OUTPUT0', 'TYPE_FP32', '2') +
      extra,
    versions: Object.fromEntries(
      Object.entries(amounts).map(([version, amount]) => [version, addend(amount)]),
    ),
  };
}

export const MODELS: readonly PeerModel[] = [
  ...identities,
  {
    name: 'batch_fp32',
    config: `max_batch_size: 8\n${tensorText('input', 'INPUT0', 'TYPE_FP32', '4')}${tensorText('output', 'OUTPUT0', 'TYPE_FP32', '4', 'label_filename: "labels.txt"')}dynamic_batching { }`,
    versions: { '1': identity('FP32', ['n', 4]) },
    files: { 'labels.txt': 'cat\ndog\n\nbird with a "quote"\n' },
  },
  {
    name: 'add_sub',
    config: `max_batch_size: 4\n${pair('TYPE_INT32', '3')}`,
    versions: { '1': sumAndDifference('INT32', ['n', 3]) },
  },
  {
    name: 'add_sub_nobatch',
    config: pair('TYPE_FP32', '2, -1'),
    versions: { '1': sumAndDifference('FP32', [2, 'n']) },
  },
  {
    name: 'two_variable',
    config:
      tensorText('input', 'INPUT0', 'TYPE_FP32', '-1, 2, -1') +
      tensorText('output', 'OUTPUT0', 'TYPE_FP32', '-1, 2, -1'),
    versions: { '1': identity('FP32', ['n', 2, 'm']) },
  },
  {
    name: 'one_string',
    config:
      tensorText('input', 'INPUT0', 'TYPE_STRING', '1') + tensorText('output', 'OUTPUT0', 'TYPE_STRING', '1'),
    versions: { '1': identity('BYTES', [1]) },
  },
  {
    name: 'batch_strings',
    config: `max_batch_size: 4\n${tensorText('input', 'INPUT0', 'TYPE_STRING', '2')}${tensorText('output', 'OUTPUT0', 'TYPE_STRING', '2')}`,
    versions: { '1': identity('BYTES', ['n', 2]) },
  },
  {
    name: 'reshaped',
    config:
      tensorText('input', 'INPUT0', 'TYPE_INT32', '4', 'reshape { shape: [ 2, 2 ] }') +
      tensorText('output', 'OUTPUT0', 'TYPE_INT32', '4', 'reshape { shape: [ 2, 2 ] }'),
    versions: { '1': identity('INT32', [2, 2]) },
  },
  {
    name: 'reshaped_batch',
    config: `max_batch_size: 3\n${tensorText('input', 'INPUT0', 'TYPE_INT32', '1', 'reshape { shape: [ ] }')}${tensorText('output', 'OUTPUT0', 'TYPE_INT32', '1', 'reshape { shape: [ ] }')}`,
    versions: { '1': identity('INT32', ['n']) },
  },
  {
    name: 'optional_input',
    config:
      tensorText('input', 'INPUT0', 'TYPE_FP32', '2') +
      tensorText('input', 'INPUT1', 'TYPE_FP32', '2', 'optional: true') +
      tensorText('output', 'OUTPUT0', 'TYPE_FP32', '2'),
    versions: {
      '1': {
        onnx: onnxModel({
          nodes: [{ operator: 'Add', inputs: ['INPUT0', 'INPUT1'], outputs: ['OUTPUT0'] }],
          inputs: [value('INPUT0', 'FP32', 2), value('INPUT1', 'FP32', 2)],
          outputs: [value('OUTPUT0', 'FP32', 2)],
          initializers: [
            {
              name: 'INPUT1',
              datatype: 'FP32',
              shape: [2],
              data: new Uint8Array(Float32Array.of(10, 20).buffer),
            },
          ],
        }),
        python: '{"OUTPUT0": given["INPUT0"] + given.get("INPUT1", numpy.array([10, 20], numpy.float32))}',
      },
    },
  },
  {
    name: 'decoupled',
    config: `${tensorText('input', 'INPUT0', 'TYPE_FP32', '2')}${tensorText('output', 'OUTPUT0', 'TYPE_FP32', '2')}model_transaction_policy { decoupled: true }`,
    versions: { '1': addend(0) },
  },
  addModel('versions', { '1': 1, '2': 2, '10': 10 }, 'version_policy { all { } }'),
  addModel('latest', { '1': 1, '3': 3 }),
  addModel('control', { '1': 1, '2': 2 }),
  addModel('warm', { '1': 1 }, warmup(1, 3, '2')),
  // Each model has one instance; this one has two more.
  addModel('warm_three', { '1': 1 }, `instance_group [{ count: 2 kind: KIND_CPU }] ${warmup(1, 2, '2')}`),
  {
    name: 'warm_batch',
    config: `max_batch_size: 4 ${tensorText('input', 'INPUT0', 'TYPE_FP32', '4')}${tensorText('output', 'OUTPUT0', 'TYPE_FP32', '4')}${warmup(2, 3, '4')}`,
    versions: { '1': identity('FP32', ['batch', 4]) },
  },
];

/** A warm-up by one sample, and one that is passed over. */
function warmup(batchSize: number, count: number, dims: string): string {
  const inputs = `inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ ${dims} ] zero_data: true } }`;
  return `model_warmup [{ name: "sample" batch_size: ${batchSize} count: ${count} ${inputs} }, { name: "none" batch_size: 0 ${inputs} }]`;
}
