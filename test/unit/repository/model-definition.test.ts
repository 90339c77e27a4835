import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  checkOnnxInterface,
  completeOnnxConfig,
  listModelDirectories,
  locateConfigError,
  parseModelConfigJson,
  readLabels,
  readModelDefinition,
} from '../../../src/repository/index.ts';
import { createRepository, type TestRepository } from './model-folder.ts';

let repository: TestRepository;
beforeEach(async () => {
  repository = await createRepository();
});
afterEach(() => repository[Symbol.asyncDispose]());

const read = (name: string) => readModelDefinition(repository.directory, name);

describe('the backend of a model', () => {
  it.each([
    ['model.onnx', 'onnxruntime', 'onnxruntime_onnx'],
    ['model.py', 'python', ''],
    ['model.xml', 'openvino', ''],
    ['model.plan', 'tensorrt', 'tensorrt_plan'],
    ['model.pt', 'pytorch', 'pytorch_libtorch'],
    ['model.graphdef', 'tensorflow', 'tensorflow_graphdef'],
  ])('comes from %s', async (file, backend, platform) => {
    await repository.write({ [`m/1/${file}`]: '' });
    expect((await read('m')).config).toMatchObject({
      name: 'm',
      backend,
      platform,
      default_model_filename: file,
    });
  });

  it.each([
    ['platform: "onnxruntime_onnx"', 'onnxruntime', 'model.onnx'],
    ['backend: "python" default_model_filename: "mine.py"', 'python', 'mine.py'],
    ['default_model_filename: "model.py"', 'python', 'model.py'],
    ['backend: "mine"', 'mine', ''],
  ])('comes from %s', async (text, backend, file) => {
    await repository.write({ 'm/config.pbtxt': text, 'm/1/': '' });
    expect((await read('m')).config).toMatchObject({ backend, default_model_filename: file });
  });

  it('comes from a name of the form NAME.BACKEND', async () => {
    await repository.write({ 'm.mine/1/': '' });
    expect((await read('m.mine')).config).toMatchObject({
      backend: 'mine',
      default_model_filename: 'model.mine',
    });
  });

  it('is looked for in the first sub-directory alone, whatever it is', async () => {
    await repository.write({ 'm/1/model.onnx': '', 'm/0notes/': '' });
    await expect(read('m')).rejects.toThrow(/^Invalid model name: Could not determine backend for model 'm'/);
  });
});

describe('the versions of a model', () => {
  it.each([
    ['', ['10']],
    ['version_policy { latest { num_versions: 2 } }', ['9', '10']],
    ['version_policy { latest { } }', []],
    ['version_policy { all { } }', ['-3', '0', '1', '2', '9', '10']],
    ['version_policy { }', ['-3', '0', '1', '2', '9', '10']],
    ['version_policy { specific { versions: [ 9, 2, 7 ] } }', ['2', '9']],
  ])('under %j are %j', async (policy, versions) => {
    const folders = ['0', '2', '9', '10', '01', '1.5', '9_old', '-3', 'x', 'warmup', 'configs', '.2'];
    await repository.write({
      'm/config.pbtxt': `backend: "onnxruntime" ${policy}`,
      ...Object.fromEntries(folders.map((name) => [`m/${name}/`, ''])),
      'm/11': 'a file is no version',
    });
    expect((await read('m')).versions.map(({ version }) => version)).toEqual(versions);
  });

  it('name the file inside if the ONNX model is a folder', async () => {
    await repository.write({ 'm/1/model.onnx/model.onnx': '', 'm/1/model.onnx/weights.bin': '' });
    const [version] = (await read('m')).versions;
    expect(version?.modelFile).toBe(path.join(repository.directory, 'm', '1', 'model.onnx', 'model.onnx'));
  });
});

describe('a configuration that the core refuses', () => {
  it.each([
    [
      'max_batch_size: 4\ndynamic_batching {\n  preferred_batch_size: [ 2, 8 ]\n}',
      'dynamic batching preferred size must be <= max batch size for m',
      { line: 3, column: 30 },
    ],
    [
      'dynamic_batching { priority_levels: 3\n default_priority_level: 4 }',
      'default priority level must be in range [1, 3] for m',
      { line: 2, column: 2 },
    ],
    [
      '# mine\nname: "n"',
      "unexpected directory name 'm' for model 'n', directory name must equal model name",
      { line: 2 },
    ],
    ['max_batch_size: -1', "'max_batch_size' must be non-negative value for m", { line: 1, column: 1 }],
    [
      'platform: "onnxruntim" default_model_filename: "model.onnx"',
      "unexpected 'platform' and 'backend' pair, got:onnxruntim, onnxruntime",
      { line: 1, column: 1 },
    ],
    ['platform: "onnx"', "unexpected platform type 'onnx' for m", { line: 1 }],
    [
      'platform: "tensorrt_plan" backend: "onnxruntime"',
      "unexpected 'platform' and 'backend' pair, got:tensorrt_plan, onnxruntime",
      { line: 1 },
    ],
    [
      'dynamic_batching { priority_levels: 1 default_priority_level: 1\n priority_queue_policy { key: 1 value {} }\n' +
        ' priority_queue_policy { key: 5 value {} } }',
      'priority queue policy must have priority level in range [1, 1] for m',
      { line: 3, column: 2 },
    ],
    [
      'dynamic_batching { preserve_ordering: true default_queue_policy { timeout_action: DELAY ' +
        'default_timeout_microseconds: 1 } }',
      "Queue policy can not have DELAY as timeout action when 'preserve_ordering' is true for m",
      { line: 1 },
    ],
    [
      'sequence_batching { control_input { name: "A" control { kind: CONTROL_SEQUENCE_START } } }',
      "sequence batching must specify either 'int32_false_true', 'fp32_false_true' or 'bool_false_true' for " +
        'CONTROL_SEQUENCE_START for m',
      { line: 1 },
    ],
    [
      'sequence_batching { control_input [ { name: "A" control [ { kind: CONTROL_SEQUENCE_START ' +
        'int32_false_true: [ 0, 1 ] } ] },\n { name: "A" } ] }',
      "sequence batching control tensor 'A' is specified for multiple control kinds for m",
      { line: 2, column: 2 },
    ],
    [
      'ensemble_scheduling { }',
      "ensemble scheduling cannot be set for model 'm' whose platform is not ensemble",
      { line: 1 },
    ],
    [
      'model_transaction_policy { decoupled: true } response_cache { enable: true }',
      "Response Cache does not currently support model m with 'decoupled' transaction policy. Please disable the response cache.",
      { line: 1, column: 46 },
    ],
  ])('%s', async (text, message, location) => {
    await repository.write({ 'm/config.pbtxt': text, 'm/1/model.onnx': '' });
    await expect(read('m')).rejects.toMatchObject({
      code: 'MODEL_CONFIG_INVALID',
      message,
      status: 'INVALID_ARG',
      location: { file: path.join(repository.directory, 'm', 'config.pbtxt'), ...location },
    });
  });

  const STEP =
    'step [ { model_name: "a" input_map { key: "X" value: "IN" } output_map { key: "Y" value: "OUT" } } ]';
  const TENSORS = 'input [ { name: "IN" } ] output [ { name: "OUT" } ]';
  it.each([
    [TENSORS, 'ensemble scheduling must be set for ensemble e whose platform is ensemble'],
    [`${TENSORS} ensemble_scheduling { }`, "must specify 'step' for ensemble 'e'"],
    [
      `${TENSORS} ensemble_scheduling { step [ { model_name: "a" } ] }`,
      "must specify 'input_map' in step 0 of ensemble 'e'",
    ],
    [
      `backend: "x" ${TENSORS}`,
      "Ensemble model 'e' must have platform type 'ensemble' and empty backend type",
    ],
    [
      `input [ { name: "OTHER" } ] output [ { name: "OUT" } ] ensemble_scheduling { ${STEP} }`,
      "ensemble input 'OTHER' for ensemble e' is not used",
    ],
    [
      `output [ { name: "OUT" } ] ensemble_scheduling { ${STEP} }`,
      "output 'OUT' for ensemble 'e' is not written: at least one of its depending tensors, 'IN', is not connected",
    ],
    [
      `input [ { name: "IN" } ] ensemble_scheduling { ${STEP} }`,
      "ensemble tensor 'OUT' is unused in ensemble 'e'",
    ],
    [
      `${TENSORS} model_warmup { } ensemble_scheduling { ${STEP} }`,
      "model_warmup can not be specified for ensemble 'e'",
    ],
  ])('an ensemble with %s', async (text, message) => {
    await repository.write({ 'e/config.pbtxt': `platform: "ensemble" ${text}`, 'e/1/': '' });
    await expect(read('e')).rejects.toMatchObject({ code: 'MODEL_CONFIG_INVALID', message });
  });

  it('is taken as an ensemble when its tensors flow, in whatever order the steps stand', async () => {
    await repository.write({
      'e/config.pbtxt': `platform: "ensemble" ${TENSORS} ensemble_scheduling { step [
        { model_name: "b" model_version: -1 input_map { key: "X" value: "mid" } output_map { key: "Y" value: "OUT" } },
        { model_name: "a" input_map { key: "X" value: "IN" } output_map { key: "Y" value: "mid" } } ] }`,
      'e/1/': '',
    });
    const { config } = await read('e');
    expect(config.ensemble_scheduling?.step[0]).toMatchObject({ model_version: -1, input_map: { X: 'mid' } });
    expect(config).not.toHaveProperty('optimization');
  });
});

it('what a backend refuses later can be found in the file as well', async () => {
  await repository.write({
    'm/config.pbtxt': 'max_batch_size: 4\ninput [\n  { name: "X" data_type: TYPE_FP32\n    dims: [ 4 ] }\n]',
    'm/1/model.onnx': '',
  });
  const { config, configFile } = await read('m');
  const onnx = {
    inputs: [{ name: 'X', dataType: 'TYPE_FP32', shape: [-1, 5] }],
    outputs: [{ name: 'Y', dataType: 'TYPE_FP32', shape: [-1] }],
  } as const;
  const completed = completeOnnxConfig(config, onnx);
  const error = await Promise.resolve()
    .then(() => checkOnnxInterface(completed, onnx))
    .catch((thrown: unknown) => locateConfigError(thrown, configFile));
  expect(error).toMatchObject({ location: { file: configFile, line: 4, column: 5 } });
  expect(await locateConfigError(new Error('x'), configFile)).toMatchObject({ message: 'x' });
});

describe('a load override', () => {
  it('takes the place of config.pbtxt, and ProtoJSON has several spellings', async () => {
    await repository.write({ 'm/config.pbtxt': 'this is no configuration', 'm/1/model.onnx': '' });
    const override = parseModelConfigJson(
      '{"maxBatchSize":"8","input":[{"name":"a","data_type":"TYPE_FP32","dims":["2",-1]}],"dynamic_batching":null}',
    );
    const { config } = await readModelDefinition(repository.directory, 'm', override);
    expect(config).toMatchObject({ max_batch_size: 8, input: [{ dims: [2, -1] }], backend: 'onnxruntime' });
  });

  it.each(['{"nope":1}', '[]', '{"max_batch_size":"x"}', '', '{"input":[{"data_type":"TYPE_NOPE"}]}'])(
    'that is %s is refused',
    (json) => {
      expect(() => parseModelConfigJson(json)).toThrow(/^Invalid config override: /);
    },
  );
});

describe('a model name', () => {
  it.each(['../x', '..', '.', 'a/b', 'a\\b', ' ', '', 'a\0'])(
    '%j never leaves the repository',
    async (name) => {
      await expect(read(name)).rejects.toMatchObject({ code: 'MODEL_NAME_INVALID' });
    },
  );

  it('that is not there is refused with the folder', async () => {
    await expect(read('nobody')).rejects.toThrow(/^failed to open directory .*nobody$/);
  });
});

describe('labels', () => {
  it('are the lines of the file, and none without one', async () => {
    await repository.write({
      'm/config.pbtxt': 'output [ { name: "y" label_filename: "labels.txt" }, { name: "z" } ]',
      'm/1/model.onnx': '',
      'm/labels.txt': 'cat\ndog\n\nbird\n',
    });
    const definition = await read('m');
    const [y, z] = definition.config.output;
    if (!y || !z) throw new Error('outputs are missing');
    expect(await readLabels(definition, y)).toEqual(['cat', 'dog', '', 'bird']);
    expect(await readLabels(definition, z)).toEqual([]);
    await expect(readLabels(definition, { ...y, label_filename: 'gone.txt' })).rejects.toMatchObject({
      status: 'INTERNAL',
      message: expect.stringMatching(
        /^failed to open text file for read .*gone\.txt: No such file or directory$/,
      ),
    });
    await expect(readLabels(definition, { ...y, label_filename: '../../secret' })).rejects.toMatchObject({
      status: 'UNSUPPORTED',
      message: expect.stringMatching(/is outside model directory$/),
    });
  });
});

it('every folder is a model but hidden ones; files are none', async () => {
  await repository.write({ 'b/1/': '', 'a/': '', '.git/HEAD': '', 'README.md': '' });
  expect(await listModelDirectories(repository.directory)).toEqual(['a', 'b']);
});
