import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { repositoryRoot } from '../../helpers/temp-project.ts';

/** A model that cannot be loaded at the first start, and what must be said of it. */
export interface BrokenModel {
  readonly name: string;
  /** Changes a good copy of the digits model. */
  readonly spoil: (directory: string) => Promise<void>;
  /** Below the model's folder. */
  readonly file: string;
  readonly line?: number;
  readonly message: RegExp;
  readonly hint?: RegExp;
  /** Only real Tritons try to load it. */
  readonly python?: boolean;
}

const CONFIG = `name: "NAME"
platform: "onnxruntime_onnx"
max_batch_size: 64
input [
  { name: "image" data_type: TYPE_FP32 dims: [ 64 ] }
]
output [
  { name: "probabilities" data_type: TYPE_FP32 dims: [ 10 ] }
]
`;

/** Rewrites the configuration; the name is the folder's. */
const config = (from: string, to: string) => async (directory: string) =>
  writeFile(
    path.join(directory, 'config.pbtxt'),
    CONFIG.replace('NAME', path.basename(directory)).replace(from, to),
  );
const weights = (content: string) => (directory: string) =>
  writeFile(path.join(directory, '1/model.onnx'), content);
const python = (source: string) => async (directory: string) => {
  await config('platform: "onnxruntime_onnx"', 'backend: "python"')(directory);
  await rm(path.join(directory, '1/model.onnx'));
  await writeFile(path.join(directory, '1/model.py'), source);
};

export const BROKEN_MODELS: readonly BrokenModel[] = [
  {
    name: 'colon',
    spoil: config('size: 64', 'size 64'),
    file: 'config.pbtxt',
    line: 3,
    message: /expected ':'/,
  },
  {
    name: 'field',
    spoil: config('max_batch_size', 'max_batchsize'),
    file: 'config.pbtxt',
    line: 3,
    message: /no field 'max_batchsize'/,
    hint: /max_batch_size/,
  },
  {
    name: 'dtype',
    spoil: config('TYPE_FP32', 'FLOAT32'),
    file: 'config.pbtxt',
    line: 5,
    message: /FLOAT32/,
    hint: /TYPE_FP32/,
  },
  { name: 'brace', spoil: config('output [', 'output ['.slice(0, 7)), file: 'config.pbtxt', message: /./ },
  { name: 'number', spoil: config('64', 'many'), file: 'config.pbtxt', line: 3, message: /integer/ },
  { name: 'negative', spoil: config('64', '-2'), file: 'config.pbtxt', message: /max_batch_size/ },
  {
    name: 'twice',
    spoil: config('max_batch_size: 64', 'max_batch_size: 64 max_batch_size: 8'),
    file: 'config.pbtxt',
    line: 3,
    message: /twice/,
  },
  {
    name: 'misnamed',
    spoil: config('"misnamed"', '"other"'),
    file: 'config.pbtxt',
    line: 1,
    message: /directory name/,
    hint: /misnamed/,
  },
  { name: 'dims', spoil: config('[ 64 ]', '[ 65 ]'), file: 'config.pbtxt', message: /65/ },
  { name: 'input', spoil: config('"image"', '"picture"'), file: 'config.pbtxt', message: /picture/ },
  { name: 'output', spoil: config('"probabilities"', '"chances"'), file: 'config.pbtxt', message: /chances/ },
  { name: 'type', spoil: config('TYPE_FP32', 'TYPE_INT64'), file: 'config.pbtxt', message: /INT64/ },
  {
    name: 'folder',
    spoil: (directory) => rm(path.join(directory, '1'), { recursive: true }),
    file: '',
    message: /version/,
    hint: /put model.onnx into folder\/1/,
  },
  {
    name: 'unversioned',
    spoil: async (directory) => {
      await rename(path.join(directory, '1/model.onnx'), path.join(directory, 'net.onnx'));
      await rm(path.join(directory, '1'), { recursive: true });
    },
    file: '',
    message: /version/,
    hint: /move unversioned\/net.onnx to unversioned\/1\/model.onnx/,
  },
  {
    name: 'renamed',
    spoil: (directory) => rename(path.join(directory, '1/model.onnx'), path.join(directory, '1/best.onnx')),
    file: '1/model.onnx',
    message: /model\.onnx/,
    hint: /rename renamed\/1\/best.onnx to model.onnx/,
  },
  {
    name: 'missing',
    spoil: (directory) => rm(path.join(directory, '1/model.onnx')),
    file: '1/model.onnx',
    message: /model\.onnx/,
    hint: /put model.onnx into missing\/1/,
  },
  { name: 'garbage', spoil: weights('these are no weights'), file: '1/model.onnx', message: /./ },
  { name: 'truncated', spoil: weights('\u0008\u0007\u0012'), file: '1/model.onnx', message: /./ },
  {
    name: 'bare',
    spoil: async (directory) => {
      await rm(directory, { recursive: true });
      await mkdir(path.join(directory, '1'), { recursive: true });
      await writeFile(path.join(directory, '1/weights.bin'), '');
    },
    file: '',
    message: /backend/,
    hint: /config\.pbtxt/,
  },
  {
    name: 'policy',
    spoil: config('max_batch_size', 'version_policy { specific { versions: [ 7 ] } }\nmax_batch_size'),
    file: '',
    message: /version/,
    hint: /version_policy/,
  },
  {
    name: 'syntax',
    spoil: python('import json\nclass (\n'),
    file: '1/model.py',
    line: 2,
    message: /SyntaxError|invalid syntax/,
    python: true,
  },
  {
    name: 'raises',
    spoil: python(
      'class TritonPythonModel:\n    def initialize(self, args):\n        raise ValueError("no luck")\n',
    ),
    file: '1/model.py',
    line: 3,
    message: /no luck/,
    python: true,
  },
];

const DIGITS = path.join(repositoryRoot, 'sample-models/digits/models/triton/digits');

/** Lays out a repository with one good model, `good`, and every broken one. */
export async function layBrokenRepository(repository: string, models: readonly BrokenModel[]): Promise<void> {
  for (const { name, spoil } of [{ name: 'good', spoil: config('', '') }, ...models]) {
    const directory = path.join(repository, name);
    await cp(path.join(DIGITS, '1'), path.join(directory, '1'), { recursive: true });
    await config('', '')(directory);
    await spoil(directory);
  }
}
