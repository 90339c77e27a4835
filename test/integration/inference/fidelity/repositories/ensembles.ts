// Ensembles, sound ones and ones with a mistake.
import type { RepositoryFiles } from '../shared-repository.ts';
import { MEMBERS } from './ensemble-members.ts';
import { type Tensors, tensorConfig } from './python-files.ts';

/** `[model, inputs by ensemble tensor, outputs by ensemble tensor, version]` */
type Step = readonly [model: string, inputs: Tensors, outputs: Tensors, version?: number];

interface EnsembleOptions {
  readonly inputs?: Tensors;
  readonly outputs?: Tensors;
  readonly batch?: number;
  readonly more?: string;
}

function ensemble(
  steps: readonly Step[],
  { inputs = { I: '' }, outputs = { R: '' }, batch = 4, more = '' }: EnsembleOptions = {},
): string {
  const map = (kind: string, tensors: Tensors) =>
    Object.entries(tensors)
      .map(([key, value]) => `    ${kind} { key: "${key}" value: "${value}" }\n`)
      .join('');
  const step = ([model, from, to, version = -1]: Step) =>
    `  step [ {\n    model_name: "${model}"\n    model_version: ${version}\n${map('input_map', from)}${map('output_map', to)}  } ]\n`;
  return `platform: "ensemble"\nmax_batch_size: ${batch}\n${Object.entries(inputs)
    .map(([name, spec]) => tensorConfig('input', name, spec || 'FP32;2'))
    .join('')}${Object.entries(outputs)
    .map(([name, spec]) => tensorConfig('output', name, spec || 'FP32;2'))
    .join('')}ensemble_scheduling {\n${steps.map(step).join('')}}\n${more}`;
}

const chain = (...models: string[]): Step[] =>
  models.map((model, index) => [
    model,
    { X: index === 0 ? 'I' : `t${index}` },
    { Y: index === models.length - 1 ? 'R' : `t${index + 1}` },
  ]);

/** Ensembles that load, by name. */
export const ENSEMBLES: Readonly<Record<string, string>> = {
  e_one: ensemble(chain('add1')),
  e_chain: ensemble(chain('add1', 'mul2')),
  e_long: ensemble(chain('add1', 'mul2', 'add1', 'mul2', 'add1')),
  e_out_of_order: ensemble([...chain('add1', 'mul2', 'add1')].reverse()),
  e_parallel: ensemble(
    [
      ['add1', { X: 'I' }, { Y: 't' }],
      ['mul2', { X: 'I' }, { Y: 'u' }],
      ['sum2', { A: 't', B: 'u' }, { Z: 'R' }],
      ['tells', { X: 'u' }, { T: 'N' }],
    ],
    { outputs: { R: '', N: 'STRING;1', t: '', u: '' } },
  ),
  e_same_twice: ensemble([
    ['mul2', { X: 'I' }, { Y: 'a' }],
    ['mul2', { X: 'I' }, { Y: 'b' }],
    ['sum2', { A: 'a', B: 'b' }, { Z: 'R' }],
  ]),
  e_one_tensor_twice: ensemble([['sum2', { A: 'I', B: 'I' }, { Z: 'R' }]]),
  e_two_inputs: ensemble([['sum2', { A: 'I', B: 'J' }, { Z: 'R' }]], { inputs: { I: '', J: '' } }),
  e_nested: ensemble([
    ['e_chain', { I: 'I' }, { R: 'q' }],
    ['add1', { X: 'q' }, { Y: 'R' }],
  ]),
  e_nested_twice: ensemble([['e_nested', { I: 'I' }, { R: 'R' }]]),
  e_versioned: ensemble([['add1', { X: 'I' }, { Y: 'R' }, 1]]),
  e_unbatched: ensemble(chain('add1', 'unbatched'), { batch: 0 }),
  e_unbatched_row: ensemble(chain('add1', 'mul2'), {
    batch: 0,
    inputs: { I: 'FP32;1,2' },
    outputs: { R: 'FP32;1,2' },
  }),
  e_row: ensemble(chain('one_row', 'add1')),
  e_into_unbatched: ensemble(chain('add1', 'unbatched')),
  e_from_unbatched: ensemble(chain('unbatched', 'add1')),
  e_reshapes: ensemble(chain('add1', 'reshapes', 'mul2')),
  e_smaller: ensemble(chain('add1', 'mul2'), { batch: 2 }),
  e_vary: ensemble(chain('add1', 'vary'), { outputs: { R: 'FP32;-1' } }),
  e_vary_on: ensemble(chain('vary', 'any'), { outputs: { R: 'FP32;-1' } }),
  e_vary_fixed: ensemble(chain('vary'), { outputs: { R: 'FP32;2' } }),
  e_vary_into_fixed: ensemble(chain('vary', 'add1')),
  e_words: ensemble(chain('words', 'numbers')),
  e_ints: ensemble(chain('ints'), { outputs: { R: 'INT32;2' } }),
  e_optional_left: ensemble([['maybe', { X: 'I' }, { Y: 'R' }]]),
  e_optional_given: ensemble([['maybe', { X: 'I', O: 'J' }, { Y: 'R' }]], { inputs: { I: '', J: '' } }),
  e_optional_input: ensemble([['maybe', { X: 'I', O: 'J' }, { Y: 'R' }]], {
    inputs: { I: '', J: 'FP32;2;optional: true' },
  }),
  e_output_unused: ensemble([['two_out', { X: 'I' }, { Y: 'R', W: 'unused' }]]),
  e_output_unmapped: ensemble([['two_out', { X: 'I' }, { Y: 'R' }]]),
  e_output_read_on: ensemble(
    [
      ['two_out', { X: 'I' }, { Y: 'R', W: 't' }],
      ['mul2', { X: 't' }, { Y: 'S' }],
    ],
    { outputs: { R: '', S: '', t: '' } },
  ),
  e_two_branches: ensemble(
    [
      ['add1', { X: 'I' }, { Y: 'R' }],
      ['mul2', { X: 'J' }, { Y: 'S' }],
    ],
    { inputs: { I: '', J: '' }, outputs: { R: '', S: '' } },
  ),
  e_input_unused: ensemble(chain('add1'), { inputs: { I: '', J: '' } }),
  e_refuses: ensemble(chain('add1', 'refuses')),
  e_refuses_first: ensemble(chain('refuses', 'add1')),
  e_raises: ensemble(chain('add1', 'raises')),
  e_dies: ensemble(chain('add1', 'dies')),
  e_branch_fails: ensemble([
    ['mul2', { X: 'I' }, { Y: 'a' }],
    ['refuses', { X: 'I' }, { Y: 'b' }],
    ['sum2', { A: 'a', B: 'b' }, { Z: 'R' }],
  ]),
  e_silent: ensemble(chain('silent', 'add1')),
  e_silent_last: ensemble(chain('add1', 'silent')),
  e_wrong_shape: ensemble(chain('wrong_shape', 'add1')),
  e_wrong_shape_last: ensemble(chain('wrong_shape')),
  e_wrong_type: ensemble(chain('wrong_type', 'add1')),
  e_streams: ensemble(chain('streams', 'add1')),
  e_streams_last: ensemble(chain('add1', 'streams')),
  e_streams_branch: ensemble([
    ['streams', { X: 'I' }, { Y: 't' }],
    ['add1', { X: 't' }, { Y: 'u' }],
    ['sum2', { A: 't', B: 'u' }, { Z: 'R' }],
  ]),
  e_streams_none: ensemble(chain('streams_none', 'add1')),
  e_streams_one: ensemble(chain('streams_one', 'add1')),
  // Whether the error or the response reaches the end of the ensemble first decides the answer. With plain steps that is
  // left to chance; here one waits for a signal of the other.
  e_streams_error_first: ensemble(chain('streams_error', 'adds_after_signal')),
  e_streams_error_last: ensemble(chain('streams_late_error', 'sends_and_signals')),
  e_streams_nested: ensemble([['e_streams', { I: 'I' }, { R: 'R' }]]),
  e_streams_twice: ensemble(chain('streams', 'streams')),
};

/** Ensembles with a mistake each, or at an edge of what is allowed, by name. */
export const MISTAKEN: Readonly<Record<string, string>> = {
  x_missing: ensemble(chain('nowhere')),
  x_missing_two: ensemble(chain('nowhere', 'neither')),
  x_missing_twice: ensemble(chain('nowhere', 'nowhere')),
  x_broken: ensemble(chain('broken')),
  x_broken_second: ensemble(chain('add1', 'broken')),
  x_self: ensemble([['x_self', { I: 'I' }, { R: 'R' }]]),
  x_circle_a: ensemble([['x_circle_b', { I: 'I' }, { R: 'R' }]]),
  x_circle_b: ensemble([['x_circle_a', { I: 'I' }, { R: 'R' }]]),
  x_nested_broken: ensemble([['x_broken', { I: 'I' }, { R: 'R' }]]),
  x_version: ensemble([['add1', { X: 'I' }, { Y: 'R' }, 7]]),
  x_version_zero: ensemble([['add1', { X: 'I' }, { Y: 'R' }, 0]]),
  x_version_negative: ensemble([['add1', { X: 'I' }, { Y: 'R' }, -2]]),
  x_type_in: ensemble(chain('add1'), { inputs: { I: 'INT32;2' } }),
  x_type_out: ensemble(chain('add1'), { outputs: { R: 'INT32;2' } }),
  x_type_between: ensemble(chain('ints', 'add1')),
  x_type_words: ensemble(chain('words', 'add1')),
  x_shape_in: ensemble(chain('add1'), { inputs: { I: 'FP32;3' } }),
  x_shape_out: ensemble(chain('add1'), { outputs: { R: 'FP32;3' } }),
  x_rank_in: ensemble(chain('add1'), { inputs: { I: 'FP32;2,1' } }),
  x_rank_out: ensemble(chain('add1'), { outputs: { R: 'FP32;1,2' } }),
  x_shape_any_in: ensemble(chain('add1'), { inputs: { I: 'FP32;-1' } }),
  x_shape_any_out: ensemble(chain('add1'), { outputs: { R: 'FP32;-1' } }),
  x_batch_more: ensemble(chain('add1'), { batch: 8 }),
  x_batch_small: ensemble(chain('add1', 'small')),
  x_batch_negative: ensemble(chain('add1'), { batch: -1 }),
  x_input_unknown: ensemble([['add1', { W: 'I' }, { Y: 'R' }]]),
  x_input_extra: ensemble([['add1', { X: 'I', W: 'I' }, { Y: 'R' }]]),
  x_input_left: ensemble([['sum2', { A: 'I' }, { Z: 'R' }]]),
  x_output_unknown: ensemble([['add1', { X: 'I' }, { W: 'R' }]]),
  x_output_extra: ensemble([['add1', { X: 'I' }, { Y: 'R', W: 'Q' }]]),
  x_no_input_map: ensemble([['add1', {}, { Y: 'R' }]]),
  x_no_output_map: ensemble([['add1', { X: 'I' }, {}]]),
  x_no_maps: ensemble([['add1', {}, {}]]),
  x_no_model: ensemble([['', { X: 'I' }, { Y: 'R' }]]),
  x_no_steps: ensemble([]),
  x_empty_tensor_in: ensemble([['add1', { X: '' }, { Y: 'R' }]]),
  x_empty_tensor_out: ensemble([['add1', { X: 'I' }, { Y: '' }]]),
  x_no_source: ensemble([['add1', { X: 'ghost' }, { Y: 'R' }]]),
  x_no_source_second: ensemble([['sum2', { A: 'I', B: 'ghost' }, { Z: 'R' }]]),
  x_written_twice: ensemble([
    ['add1', { X: 'I' }, { Y: 'R' }],
    ['mul2', { X: 'I' }, { Y: 'R' }],
  ]),
  x_output_never_made: ensemble(chain('add1'), { outputs: { R: '', Q: '' } }),
  x_steps_in_a_circle: ensemble([
    ['sum2', { A: 'I', B: 'b' }, { Z: 'a' }],
    ['add1', { X: 'a' }, { Y: 'b' }],
    ['add1', { X: 'a' }, { Y: 'R' }],
  ]),
  x_two_streams: ensemble([
    ['streams', { X: 'I' }, { Y: 't' }],
    ['streams', { X: 'I' }, { Y: 'u' }],
    ['sum2', { A: 't', B: 'u' }, { Z: 'R' }],
  ]),
  x_stream_and_input: ensemble([
    ['streams', { X: 'I' }, { Y: 't' }],
    ['sum2', { A: 't', B: 'I' }, { Z: 'R' }],
  ]),
  x_stream_and_branch: ensemble([
    ['streams', { X: 'I' }, { Y: 't' }],
    ['mul2', { X: 'I' }, { Y: 'u' }],
    ['sum2', { A: 't', B: 'u' }, { Z: 'R' }],
  ]),
  x_no_outputs: ensemble(chain('add1'), { outputs: {} }),
  x_no_inputs: ensemble(chain('add1'), { inputs: {} }),
  x_instances: ensemble(chain('add1'), { more: 'instance_group [ { count: 1 kind: KIND_CPU } ]\n' }),
  x_optimization: ensemble(chain('add1'), { more: 'optimization { priority: PRIORITY_MAX }\n' }),
  x_decoupled_said: ensemble(chain('add1'), { more: 'model_transaction_policy { decoupled: true }\n' }),
  x_backend: ensemble(chain('add1'), { more: 'backend: "python"\n' }),
  x_warmup: ensemble(chain('add1'), {
    more: 'model_warmup [ { name: "w" batch_size: 1 inputs { key: "I" value { data_type: TYPE_FP32 dims: 2 zero_data: true } } } ]\n',
  }),
  x_scheduling_without_platform: ensemble(chain('add1')).replace('platform: "ensemble"\n', ''),
  x_platform_without_scheduling: ensemble([]).replace(/ensemble_scheduling \{\n\}\n/, ''),
};

const OVERWRITING = ensemble([
  ['add1', { X: 'I' }, { Y: 'I' }],
  ['add1', { X: 'I' }, { Y: 'R' }],
]);

/** All of it as one repository. */
export const ENSEMBLE_FILES: RepositoryFiles = {
  ...MEMBERS,
  ...Object.fromEntries(
    Object.entries({ ...ENSEMBLES, ...MISTAKEN, overwrites: OVERWRITING }).flatMap(([name, config]) => [
      [`${name}/config.pbtxt`, config],
      [`${name}/1/.keep`, ''],
    ]),
  ),
};

const given = (shape: readonly number[], name = 'I', datatype = 'FP32') => ({
  name,
  datatype,
  shape,
  data: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_none, at) => at + 1),
});

/** What each ensemble is asked. */
export const ENSEMBLE_REQUESTS: readonly object[] = [
  { id: 'r1', inputs: [given([1, 2])] },
  { inputs: [given([2, 2])] },
  { inputs: [given([2])] },
  { inputs: [given([5, 2])] },
  { inputs: [given([1, 2]), given([1, 2], 'J')] },
  { inputs: [given([1, 2])], outputs: [{ name: 'R' }] },
  { inputs: [given([1, 2])], outputs: [{ name: 't1' }] },
  {
    inputs: [given([1, 2])],
    parameters: { sequence_id: 5, sequence_start: true, timeout: 500000, priority: 1, mine: 'x' },
  },
  { inputs: [given([1, 2], 'I', 'INT32')] },
  { inputs: [] },
];
