// Model folders with one thing to look at each; a real Triton's answers to them are recorded in `answers.json`.
import { type OnnxGraph, type OnnxValue, onnxModel } from '../../helpers/onnx-writer.ts';
import { fieldConfigurations } from './field-configurations.ts';

/** Contents by path below the model's folder; a path that ends in `/` is an empty folder. */
export type ModelFiles = Readonly<Record<string, string | Uint8Array>>;

const value = (name: string, shape: (number | string)[], extra: Partial<OnnxValue> = {}): OnnxValue => ({
  name,
  datatype: 'FP32',
  shape,
  ...extra,
});

const identity = (extra: Partial<OnnxGraph> = {}) =>
  onnxModel({
    nodes: [{ operator: 'Identity', inputs: ['INPUT0'], outputs: ['OUTPUT0'] }],
    inputs: [value('INPUT0', ['n', 2])],
    outputs: [value('OUTPUT0', ['n', 2])],
    ...extra,
  });

/** INPUT0 rows of any length; what the server makes of them comes back as it is. */
const ragged = (datatype: 'FP32' | 'INT32', rank: number) =>
  onnxModel({
    nodes: [
      { operator: 'Identity', inputs: ['INPUT0'], outputs: ['OUTPUT0'] },
      { operator: 'Identity', inputs: ['COUNT'], outputs: ['COUNTS'] },
    ],
    inputs: [value('INPUT0', ['n']), value('COUNT', rank === 1 ? ['m'] : ['m', 'k'], { datatype })],
    outputs: [value('OUTPUT0', ['n']), value('COUNTS', rank === 1 ? ['m'] : ['m', 'k'], { datatype })],
  });

const IO = `input { name: "INPUT0" data_type: TYPE_FP32 dims: [ 2 ] }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 2 ] }
`;
const ONNX = 'backend: "onnxruntime"\nplatform: "onnxruntime_onnx"\n';
const CPU = 'instance_group { kind: KIND_CPU count: 1 }\n';
const PLAIN = `${ONNX}max_batch_size: 4\n${CPU}${IO}`;

const model = (config: string, onnx: Uint8Array = identity()): ModelFiles => ({
  'config.pbtxt': config,
  '1/model.onnx': onnx,
});
const parameter = (key: string, text: string) =>
  model(`${PLAIN}parameters { key: "${key}" value { string_value: "${text}" } }\n`);
const accelerator = (kind: 'cpu' | 'gpu', name: string) =>
  model(
    `${PLAIN}optimization { execution_accelerators { ${kind}_execution_accelerator { name: "${name}" } } }\n`,
  );
const group = (text: string) => model(`${ONNX}max_batch_size: 4\n${IO}instance_group { ${text} }\n`);
const agent = (name: string, key: string, sum: string) =>
  model(
    `${PLAIN}model_repository_agents { agents { name: "${name}" parameters { key: "${key}" value: "${sum}" } } }\n`,
  );
const bytes = (...content: (string | number)[]) =>
  Buffer.concat(content.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))));

export const BATCH_INPUT_KINDS = [
  'BATCH_ELEMENT_COUNT',
  'BATCH_ACCUMULATED_ELEMENT_COUNT',
  'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO',
  'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE',
  'BATCH_ITEM_SHAPE',
  'BATCH_ITEM_SHAPE_FLATTEN',
] as const;

/** A model that joins rows of different lengths, as one of two datatypes, with a delay that lets batches form. */
export function raggedModel(
  kind: (typeof BATCH_INPUT_KINDS)[number],
  datatype: 'FP32' | 'INT32',
): ModelFiles {
  const rank = kind === 'BATCH_ITEM_SHAPE' ? 2 : 1;
  return model(
    `${ONNX}max_batch_size: 8
${CPU}input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] allow_ragged_batch: true }
batch_input { kind: ${kind} target_name: "COUNT" data_type: TYPE_${datatype} source_input: "INPUT0" }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }
output { name: "COUNTS" data_type: TYPE_${datatype} dims: [ ${rank === 1 ? '' : '-1'} ] }
batch_output { kind: BATCH_SCATTER_WITH_INPUT_SHAPE target_name: "OUTPUT0" source_input: "INPUT0" }
dynamic_batching { preferred_batch_size: [ 3 ] max_queue_delay_microseconds: 400000 }
`.replace('dims: [  ]', 'dims: [ 1 ] reshape { shape: [ ] }'),
    ragged(datatype, rank),
  );
}

const nonTensor = (
  kind: NonNullable<OnnxValue['kind']>,
  where: 'input' | 'output',
  config: string,
): ModelFiles => {
  const graphs: Readonly<Record<string, OnnxGraph>> = {
    sequence_output: {
      nodes: [
        { operator: 'SequenceConstruct', inputs: ['INPUT0'], outputs: ['OUTPUT1'] },
        { operator: 'Identity', inputs: ['INPUT0'], outputs: ['OUTPUT0'] },
      ],
      inputs: [value('INPUT0', ['n', 2])],
      outputs: [value('OUTPUT0', ['n', 2]), value('OUTPUT1', ['n', 2], { kind: 'sequence' })],
    },
    sequence_input: {
      nodes: [{ operator: 'ConcatFromSequence', inputs: ['INPUT0'], outputs: ['OUTPUT0'] }],
      inputs: [value('INPUT0', ['n', 2], { kind: 'sequence' })],
      outputs: [value('OUTPUT0', ['n', 2])],
    },
    optional_output: {
      nodes: [{ operator: 'Optional', inputs: ['INPUT0'], outputs: ['OUTPUT0'] }],
      inputs: [value('INPUT0', ['n', 2])],
      outputs: [value('OUTPUT0', ['n', 2], { kind: 'optional' })],
    },
    optional_input: {
      nodes: [{ operator: 'OptionalGetElement', inputs: ['INPUT0'], outputs: ['OUTPUT0'] }],
      inputs: [value('INPUT0', ['n', 2], { kind: 'optional' })],
      outputs: [value('OUTPUT0', ['n', 2])],
    },
  };
  const graph = graphs[`${kind}_${where}`];
  if (!graph) throw new Error(`no model has a ${kind} as ${where}`);
  return model(config, onnxModel(graph));
};

const ONNX_CASES: Readonly<Record<string, ModelFiles>> = {
  ...Object.fromEntries(
    ['0', '1', '2', '-1', '+1', ' 1', '1x', 'one', '', '0x1'].map((text, index) => [
      `execution_mode_${index}`,
      parameter('execution_mode', text),
    ]),
  ),
  ...Object.fromEntries(
    ['0', '2', '-3', 'two', '2.5', ''].flatMap((text, index) => [
      [`intra_threads_${index}`, parameter('intra_op_thread_count', text)],
      [`inter_threads_${index}`, parameter('inter_op_thread_count', text)],
    ]),
  ),
  ...Object.fromEntries(
    ['0', '1', 'true', 'FALSE', 'on', 'Off', '2', 'yes', ''].flatMap((text, index) => [
      [`mem_arena_${index}`, parameter('enable_mem_arena', text)],
      [`mem_pattern_${index}`, parameter('enable_mem_pattern', text)],
    ]),
  ),
  arena_shrinkage: parameter('memory.enable_memory_arena_shrinkage', 'cpu:0'),
  arena_shrinkage_wrong: parameter('memory.enable_memory_arena_shrinkage', 'attic'),
  gpu_parameters_on_cpu: parameter('cudnn_conv_algo_search', '9'),
  gpu_mem_limit_on_cpu: parameter('gpu_mem_limit', 'much'),
  arena_strategy_on_cpu: parameter('arena_extend_strategy', '7'),
  copy_in_default_stream_on_cpu: parameter('do_copy_in_default_stream', 'maybe'),
  unknown_parameter: parameter('no_such_parameter', 'x'),
  batch_strategy_missing: parameter('TRITON_BATCH_STRATEGY_PATH', '/opt/none/batchstrategy.so'),
  cpu_xnnpack: accelerator('cpu', 'xnnpack'),
  cpu_dnnl: accelerator('cpu', 'dnnl'),
  cpu_tensorrt: accelerator('cpu', 'tensorrt'),
  gpu_tensorrt_on_cpu: accelerator('gpu', 'tensorrt'),
  gpu_unknown_on_cpu: accelerator('gpu', 'xnnpack'),
  graph_level_minus_one: model(`${PLAIN}optimization { graph { level: -1 } }\n`),
  graph_level_seven: model(`${PLAIN}optimization { graph { level: 7 } }\n`),
  operators_missing: model(`${PLAIN}model_operations { op_library_filename: "/opt/none.so" }\n`),
  operators_relative: model(`${PLAIN}model_operations { op_library_filename: "./none.so" }\n`),
  runtime_own: model(`${PLAIN}runtime: "libtriton_onnxruntime.so"\n`),
  runtime_python: model(`${PLAIN}runtime: "model.py"\n`),
  group_gpu: group('kind: KIND_GPU'),
  group_gpu_before_file: {
    'config.pbtxt': `${ONNX}max_batch_size: 4\n${IO}instance_group { kind: KIND_GPU }\n`,
    '1/': '',
  },
  group_gpus_auto: group('gpus: [ 0 ]'),
  group_profile: group('kind: KIND_CPU profile: "1"'),
  group_model: group('kind: KIND_MODEL'),
  group_passive: group('kind: KIND_CPU count: 1 passive: true'),
  group_rate_limiter: group(
    'kind: KIND_CPU rate_limiter { resources { name: "R" global: true count: 3 } priority: 2 }',
  ),
  group_host_policy: group('kind: KIND_CPU host_policy: "numa9"'),
  warmup_unset: model(
    `${PLAIN}model_warmup { name: "w" batch_size: 1 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 2 ] } } }\n`,
  ),
  warmup_batch: model(
    `${PLAIN}model_warmup { name: "w" batch_size: 4 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } } }\n`,
  ),
  sequence_output_auto: nonTensor('sequence', 'output', ''),
  sequence_output_label_only: nonTensor('sequence', 'output', PLAIN),
  sequence_input_auto: nonTensor('sequence', 'input', ''),
  sequence_input_given: nonTensor('sequence', 'input', PLAIN),
  optional_output_auto: nonTensor('optional', 'output', ''),
  optional_output_given: nonTensor('optional', 'output', PLAIN),
  optional_input_auto: nonTensor('optional', 'input', ''),
  optional_input_given: nonTensor('optional', 'input', PLAIN),
  ragged_fixed_model: model(
    `${ONNX}max_batch_size: 4\n${CPU}input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] allow_ragged_batch: true }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 2 ] }\n`,
  ),
  ragged_optional: model(
    `${ONNX}${CPU}input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] allow_ragged_batch: true optional: true }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1, 2 ] }\n`,
  ),
  ragged_without_batch: model(
    `${ONNX}${CPU}input { name: "INPUT0" data_type: TYPE_FP32 dims: [ -1 ] allow_ragged_batch: true }
output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ -1 ] }\n`,
    onnxModel({
      nodes: [{ operator: 'Identity', inputs: ['INPUT0'], outputs: ['OUTPUT0'] }],
      inputs: [value('INPUT0', ['n'])],
      outputs: [value('OUTPUT0', ['n'])],
    }),
  ),
  agent_unknown: agent('vault', 'key', 'x'),
};

const FOLDERS: Readonly<Record<string, ModelFiles>> = {
  version_suffix: { ...model(PLAIN), '2_old/model.onnx': identity() },
  version_suffix_alone: { 'config.pbtxt': PLAIN, '1.bak/model.onnx': identity() },
  version_leading_zero: { ...model(PLAIN), '03/model.onnx': identity() },
  version_zero: { 'config.pbtxt': PLAIN, '0/model.onnx': identity() },
  version_letters: { ...model(PLAIN), 'v2/model.onnx': identity(), 'backup/model.onnx': identity() },
  version_letters_alone: { 'config.pbtxt': PLAIN, 'v1/model.onnx': identity() },
  version_negative: { ...model(PLAIN), '-1/model.onnx': identity() },
  version_plus: { ...model(PLAIN), '+2/model.onnx': identity() },
  version_largest: { ...model(PLAIN), '9223372036854775807/model.onnx': identity() },
  version_data_folders: { ...model(PLAIN), 'warmup/': '', 'initial_state/': '', 'configs/': '' },
  version_none: { 'config.pbtxt': PLAIN, 'model.onnx': identity() },
  config_in_version: { '1/model.onnx': identity(), '1/config.pbtxt': PLAIN },
  weights_otherwise: { 'config.pbtxt': PLAIN, '1/yolo_best.onnx': identity() },
  weights_absent: { 'config.pbtxt': PLAIN, '1/': '' },
  file_name_given: {
    'config.pbtxt': `${PLAIN}default_model_filename: "yolo_best.onnx"\n`,
    '1/yolo_best.onnx': identity(),
  },
};

const mark = [0xef, 0xbb, 0xbf];
const TEXTS: Readonly<Record<string, ModelFiles>> = {
  text_byte_order_mark: { ...model(PLAIN), 'config.pbtxt': bytes(...mark, PLAIN) },
  text_byte_order_mark_alone: { ...model(PLAIN), 'config.pbtxt': bytes(...mark) },
  text_utf16: { ...model(PLAIN), 'config.pbtxt': Buffer.from(`\uFEFF${PLAIN}`, 'utf16le') },
  text_no_break_space: { ...model(PLAIN), 'config.pbtxt': `${PLAIN}version_policy\u00A0{ }\n` },
  text_zero_width_space: { ...model(PLAIN), 'config.pbtxt': `${PLAIN}\u200Bversion_policy { }\n` },
  text_smart_quotes: {
    ...model(PLAIN),
    'config.pbtxt': `${PLAIN}default_model_filename: \u201Cmodel.onnx\u201D\n`,
  },
  text_in_comment: { ...model(PLAIN), 'config.pbtxt': `# caf\u00E9\u00A0\u200B\n${PLAIN}` },
  text_in_string: {
    ...model(PLAIN),
    'config.pbtxt': `${PLAIN}metric_tags { key: "caf\u00E9" value: "\u00A0\u200B" }\n`,
  },
  text_vertical_tab: { ...model(PLAIN), 'config.pbtxt': `${PLAIN}\u000Bversion_policy\u000C{ }\n` },
  text_carriage_returns: { ...model(PLAIN), 'config.pbtxt': PLAIN.replaceAll('\n', '\r\n') },
  text_nul: { ...model(PLAIN), 'config.pbtxt': bytes(PLAIN, 0) },
  text_line_separator: { ...model(PLAIN), 'config.pbtxt': `${PLAIN}\u2028version_policy { }\n` },
  text_next_line: { ...model(PLAIN), 'config.pbtxt': `${PLAIN}\u0085version_policy { }\n` },
};

/** Every case by its name, which is the model's. */
export function repositoryCases(): ReadonlyMap<string, ModelFiles> {
  const cases = new Map<string, ModelFiles>(
    Object.entries({ ...ONNX_CASES, ...FOLDERS, ...TEXTS }).map(([name, files]) => [`onnx_${name}`, files]),
  );
  for (const kind of BATCH_INPUT_KINDS)
    for (const datatype of ['FP32', 'INT32'] as const)
      cases.set(`ragged_${kind.toLowerCase()}_${datatype.toLowerCase()}`, raggedModel(kind, datatype));
  // Fields of later releases, under the names that the generated ones of those releases have.
  cases.set('model_metrics_empty', model(`${PLAIN}model_metrics { }\n`));
  cases.set(
    'ensemble_scheduling_max_inflight_requests_3',
    model('platform: "ensemble"\nensemble_scheduling { max_inflight_requests: 3 }\n'),
  );
  for (const [name, config] of fieldConfigurations()) cases.set(name, model(`${config}\n`));
  return cases;
}
