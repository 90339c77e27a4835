// Configurations with a mistake each, or at an edge, in the order of
// docs/reference/triton.md#how-a-configuration-is-completed and the sections after it.

const INPUT = 'input { name: "INPUT0" data_type: TYPE_FP32 dims: [ 2 ] }\n';
const OUTPUT = 'output { name: "OUTPUT0" data_type: TYPE_FP32 dims: [ 2 ] }\n';
const IO = INPUT + OUTPUT;
const BATCH = `max_batch_size: 4\n${IO}`;
const FIXED = IO;
const GROUP = 'instance_group [{ count: 1 kind: KIND_CPU }]\n';

const withInput = (rest: string) => `${GROUP}input { name: "INPUT0" ${rest} }\n${OUTPUT}`;
const withOutput = (rest: string) => `${GROUP}${INPUT}output { name: "OUTPUT0" ${rest} }\n`;
const batched = (rest: string) => `${GROUP}${BATCH}${rest}\n`;
const unbatched = (rest: string) => `${GROUP}${FIXED}${rest}\n`;
const sequence = (rest: string) => batched(`sequence_batching { ${rest} }`);
const control = (rest: string) => sequence(`control_input [ ${rest} ]`);
const warmup = (rest: string) => unbatched(`model_warmup [ { name: "w" ${rest} } ]`);

/** By what is wrong; what stands before the first colon of a name is the topic. */
export const CONFIGURATIONS: Readonly<Record<string, string>> = {
  name_other: `name: "other"\n${unbatched('')}`,
  negative_batch: `max_batch_size: -1\n${unbatched('')}`,
  input_without_name: `${GROUP}input { data_type: TYPE_FP32 dims: [ 2 ] }\n${OUTPUT}`,
  input_without_type: withInput('dims: [ 2 ]'),
  input_without_dims: withInput('data_type: TYPE_FP32'),
  input_invalid_type: withInput('data_type: TYPE_INVALID dims: [ 2 ]'),
  input_zero_dim: withInput('data_type: TYPE_FP32 dims: [ 0 ]'),
  input_negative_dim: withInput('data_type: TYPE_FP32 dims: [ -2 ]'),
  input_reshape_size: withInput('data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 3 ] }'),
  input_reshape_zero: withInput('data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 0 ] }'),
  input_reshape_variable: withInput('data_type: TYPE_FP32 dims: [ -1, 2 ] reshape { shape: [ 2 ] }'),
  input_reshape_variable_size: withInput('data_type: TYPE_FP32 dims: [ -1, 2 ] reshape { shape: [ -1, 3 ] }'),
  input_reshape_empty: withInput('data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] }'),
  input_format_nhwc: withInput('data_type: TYPE_FP32 dims: [ 2, 2 ] format: FORMAT_NHWC'),
  input_twice: `${GROUP}${INPUT}${INPUT}${OUTPUT}`,
  output_without_name: `${GROUP}${INPUT}output { data_type: TYPE_FP32 dims: [ 2 ] }`,
  output_without_type: withOutput('dims: [ 2 ]'),
  output_without_dims: withOutput('data_type: TYPE_FP32'),
  output_zero_dim: withOutput('data_type: TYPE_FP32 dims: [ 0 ]'),
  output_reshape_size: withOutput('data_type: TYPE_FP32 dims: [ 4 ] reshape { shape: [ 3 ] }'),
  output_twice: `${GROUP}${INPUT}${OUTPUT}${OUTPUT}`,
  output_label_missing: withOutput('data_type: TYPE_FP32 dims: [ 2 ] label_filename: "nothing.txt"'),
  output_label_outside: withOutput('data_type: TYPE_FP32 dims: [ 2 ] label_filename: "../labels.txt"'),
  preferred_zero: batched('dynamic_batching { preferred_batch_size: [ 0 ] }'),
  preferred_negative: batched('dynamic_batching { preferred_batch_size: [ -1 ] }'),
  preferred_too_large: batched('dynamic_batching { preferred_batch_size: [ 8 ] }'),
  preferred_without_batch: unbatched('dynamic_batching { preferred_batch_size: [ 1 ] }'),
  priority_default_missing: batched('dynamic_batching { priority_levels: 3 }'),
  priority_default_too_large: batched('dynamic_batching { priority_levels: 3 default_priority_level: 4 }'),
  priority_policy_outside: batched(
    'dynamic_batching { priority_levels: 3 default_priority_level: 1 priority_queue_policy { key: 5 value { max_queue_size: 1 } } }',
  ),
  ordering_with_priorities: batched(
    'dynamic_batching { preserve_ordering: true priority_levels: 2 default_priority_level: 1 }',
  ),
  ordering_with_delay: batched(
    'dynamic_batching { preserve_ordering: true default_queue_policy { timeout_action: DELAY default_timeout_microseconds: 5 } }',
  ),
  ensemble_fields: unbatched('ensemble_scheduling { step [ { model_name: "x" model_version: -1 } ] }'),
  group_negative: `${FIXED}instance_group [ { count: -1 kind: KIND_CPU } ]`,
  group_zero: `${FIXED}instance_group [ { count: 0 kind: KIND_CPU } ]`,
  group_cpu_with_gpu: `${FIXED}instance_group [ { count: 1 kind: KIND_CPU gpus: [ 0 ] } ]`,
  group_gpu: `${FIXED}instance_group [ { count: 1 kind: KIND_GPU } ]`,
  group_gpu_number: `${FIXED}instance_group [ { count: 1 kind: KIND_GPU gpus: [ 42 ] } ]`,
  group_same_names: `${FIXED}instance_group [ { name: "g" count: 1 kind: KIND_CPU }, { name: "g" count: 1 kind: KIND_CPU } ]`,
  version_policy_none: unbatched('version_policy { specific { versions: [ 9 ] } }'),
  version_policy_latest_zero: unbatched('version_policy { latest { num_versions: 0 } }'),
  sequence_start_twice: control(
    '{ name: "A" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] }, { name: "B" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } ] }',
  ),
  sequence_two_kinds: control(
    '{ name: "A" control [ { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] }, { kind: CONTROL_SEQUENCE_END int32_false_true: [ 0, 1 ] } ] }',
  ),
  sequence_no_values: control('{ name: "A" control [ { kind: CONTROL_SEQUENCE_READY } ] }'),
  sequence_one_value: control(
    '{ name: "A" control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0 ] } ] }',
  ),
  sequence_both_values: control(
    '{ name: "A" control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] fp32_false_true: [ 0, 1 ] } ] }',
  ),
  sequence_no_name: control('{ control [ { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } ] }'),
  sequence_id_without_type: control('{ name: "A" control [ { kind: CONTROL_SEQUENCE_CORRID } ] }'),
  sequence_id_wrong_type: control(
    '{ name: "A" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_FP32 } ] }',
  ),
  sequence_id_with_values: control(
    '{ name: "A" control [ { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_UINT64 int32_false_true: [ 0, 1 ] } ] }',
  ),
  sequence_and_dynamic: batched('dynamic_batching { }\nsequence_batching { }'),
  oldest_without_batch: unbatched(
    'sequence_batching { oldest { max_candidate_sequences: 4 preferred_batch_size: [ 2 ] } }',
  ),
  oldest_preferred_too_large: sequence('oldest { max_candidate_sequences: 4 preferred_batch_size: [ 9 ] }'),
  oldest_preferred_zero: sequence('oldest { max_candidate_sequences: 4 preferred_batch_size: [ 0 ] }'),
  direct_utilization: sequence('direct { minimum_slot_utilization: 2 }'),
  batch_input_no_source: batched(
    'batch_input { kind: BATCH_ELEMENT_COUNT target_name: "X" data_type: TYPE_FP32 }',
  ),
  batch_input_unknown_source: batched(
    'batch_input { kind: BATCH_ELEMENT_COUNT target_name: "X" data_type: TYPE_FP32 source_input: "NOPE" }',
  ),
  batch_input_type: batched(
    'batch_input { kind: BATCH_ELEMENT_COUNT target_name: "X" data_type: TYPE_INT8 source_input: "INPUT0" }',
  ),
  batch_output_unknown_source: batched(
    'batch_output { kind: BATCH_SCATTER_WITH_INPUT_SHAPE target_name: "OUTPUT0" source_input: "NOPE" }',
  ),
  batch_output_unknown_target: batched(
    'batch_output { kind: BATCH_SCATTER_WITH_INPUT_SHAPE target_name: "NOPE" source_input: "INPUT0" }',
  ),
  batch_output_twice: batched(
    'batch_output { kind: BATCH_SCATTER_WITH_INPUT_SHAPE target_name: "OUTPUT0" source_input: "INPUT0" }\nbatch_output { kind: BATCH_SCATTER_WITH_INPUT_SHAPE target_name: "OUTPUT0" source_input: "INPUT0" }',
  ),
  warmup_variable: warmup(
    'batch_size: 1 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ -1 ] zero_data: true } }',
  ),
  warmup_wrong_type: warmup(
    'batch_size: 1 inputs { key: "INPUT0" value { data_type: TYPE_INT32 dims: [ 2 ] zero_data: true } }',
  ),
  warmup_wrong_shape: warmup(
    'batch_size: 1 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 3 ] zero_data: true } }',
  ),
  warmup_unknown_input: warmup(
    'batch_size: 1 inputs { key: "NOPE" value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } }',
  ),
  warmup_no_file: warmup(
    'batch_size: 1 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 2 ] input_data_file: "nothing" } }',
  ),
  warmup_good: warmup(
    'batch_size: 1 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 2 ] random_data: true } }',
  ),
  warmup_skipped: warmup(
    'batch_size: 0 inputs { key: "INPUT0" value { data_type: TYPE_FP32 dims: [ 2 ] zero_data: true } }',
  ),
  cache_with_sequence: sequence('} response_cache { enable: true'),
  cache_with_decoupled: unbatched(
    'model_transaction_policy { decoupled: true }\nresponse_cache { enable: true }',
  ),
  cache_alone: unbatched('response_cache { enable: true }'),
  syntax: 'max_batch_size: [',
  unknown_field: unbatched('no_such_field: 1'),
  wrong_enum: withInput('data_type: TYPE_FLOAT dims: [ 2 ]'),
  text_for_number: `max_batch_size: "4"\n${unbatched('')}`,
  good: unbatched(''),
};

/** Names of configurations that come out differently, by the reason. */
export const ALLOWED_CONFIGURATIONS: Readonly<Record<string, readonly string[]>> = {
  'Triton logs `failed to read text proto` and the mistake on another line; ours says what is wrong, and names file, line and column.':
    ['syntax', 'unknown_field', 'wrong_enum', 'text_for_number', 'sequence_and_dynamic'],
  'The ONNX file has no such inputs or batch dimension, which ours checks as the ONNX Runtime backend does; the peer runs a Python model.':
    ['input_twice', 'sequence_two_kinds', 'batch_output_twice'],
  'A model whose version policy leaves nothing is missing in the index of Triton after its start; ours names it, so that it can be found.':
    ['version_policy_none', 'version_policy_latest_zero'],
  'Label files outside of the model are refused, as by current Triton releases.': ['output_label_outside'],
};
