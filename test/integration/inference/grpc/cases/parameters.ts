// Parameters of requests, inputs and outputs, in every type that the message allows.
import { ask, floats, GOOD, type GrpcCase, type Inference, infer, input, output } from './case.ts';

const VALUES: readonly (readonly [what: string, value: object])[] = [
  ['no value', {}],
  ['true', { bool_param: true }],
  ['false', { bool_param: false }],
  ['1', { int64_param: '1' }],
  ['0', { int64_param: '0' }],
  ['-1', { int64_param: '-1' }],
  ['the largest integer', { int64_param: '9223372036854775807' }],
  ['a text', { string_param: 'text' }],
  ['an empty text', { string_param: '' }],
  ['1.5', { double_param: 1.5 }],
  ['1 without a sign', { uint64_param: '1' }],
  ['the largest one without a sign', { uint64_param: '18446744073709551615' }],
];

const KEYS = [
  'sequence_id',
  'sequence_start',
  'sequence_end',
  'priority',
  'timeout',
  'triton_enable_empty_final_response',
  'triton_other',
  'triton_',
  'binary_data_output',
  'own',
  '',
];

const OUTPUT_KEYS = ['classification', 'binary_data', 'own', 'shared_memory_region'];
const INPUT_KEYS = ['shared_memory_region', 'shared_memory_byte_size', 'shared_memory_offset', 'own'];
const BATCH: Inference = { inputs: [input('INPUT0', 'FP32', [2, 4])], raw: [floats(4, 1, 3, 2, 8, 7, 6, 5)] };

const classified = (count: string, more: Partial<Inference> = {}) =>
  infer('batch_fp32', {
    ...BATCH,
    outputs: [output('OUTPUT0', { classification: { int64_param: count } })],
    ...more,
  });

export const PARAMETER_CASES: readonly GrpcCase[] = [
  ...KEYS.flatMap((key) =>
    VALUES.map(([what, value]) =>
      ask(`request: ${key} with ${what}`, infer('versions', { ...GOOD, parameters: { [key]: value } })),
    ),
  ),
  ...OUTPUT_KEYS.flatMap((key) =>
    VALUES.map(([what, value]) =>
      ask(
        `output: ${key} with ${what}`,
        infer('batch_fp32', { ...BATCH, outputs: [output('OUTPUT0', { [key]: value })] }),
      ),
    ),
  ),
  ...INPUT_KEYS.flatMap((key) =>
    VALUES.map(([what, value]) =>
      ask(
        `input: ${key} with ${what}`,
        infer('versions', {
          inputs: [input('INPUT0', 'FP32', [2], undefined, { [key]: value })],
          raw: [floats(1, 2)],
        }),
      ),
    ),
  ),
  ...['1', '2', '4', '5', '100', '-2'].map((count) => ask(`classification: of ${count}`, classified(count))),
  ask(
    'classification: of numbers that are equal',
    classified('3', { inputs: [input('INPUT0', 'FP32', [1, 4])], raw: [floats(1, 1, 1, 1)] }),
  ),
  ...['INT8', 'UINT8', 'INT16', 'UINT16', 'INT32', 'UINT32', 'INT64', 'UINT64', 'FP32', 'FP64', 'BOOL'].map(
    (datatype) =>
      ask(
        `classification: of ${datatype}`,
        infer(`identity_${datatype.toLowerCase()}`, {
          inputs: [input('INPUT0', datatype, [2])],
          outputs: [output('OUTPUT0', { classification: { int64_param: '2' } })],
          raw: [Buffer.alloc(2 * (Number(/\d+/.exec(datatype)?.[0] ?? 8) / 8), 1)],
        }),
      ),
  ),
  ask(
    'classification: with a region',
    infer('batch_fp32', {
      ...BATCH,
      outputs: [
        output('OUTPUT0', {
          classification: { int64_param: '1' },
          shared_memory_region: { string_param: 'x' },
        }),
      ],
    }),
  ),
];
