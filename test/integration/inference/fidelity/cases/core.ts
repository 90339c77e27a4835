// The checks of Triton's core (docs/reference/triton.md#core-validation): raw requests, shapes, missing and unknown
// inputs, versions, sizes.
import {
  ask,
  binaryInput,
  type FidelityCase,
  floats,
  infer,
  inferBinary,
  input,
  ints,
  post,
} from './case.ts';

const RAW: readonly (readonly [model: string, body: Buffer])[] = [
  ['identity_fp32', floats(1, 2, 3)],
  ['identity_fp32', Buffer.alloc(0)],
  ['identity_fp32', Buffer.alloc(5)],
  ['identity_int8', Buffer.from([1, 2, 255])],
  ['identity_bool', Buffer.from([1, 0])],
  ['identity_fp16', Buffer.from([0, 60])],
  ['identity_bytes', Buffer.from('text')],
  ['identity_bytes', Buffer.alloc(0)],
  ['one_string', Buffer.from('text')],
  ['batch_strings', Buffer.from('text')],
  ['batch_fp32', floats(1, 2, 3, 4)],
  ['batch_fp32', floats(1, 2, 3)],
  ['batch_fp32', floats(1, 2, 3, 4, 5, 6, 7, 8)],
  ['add_sub', ints(1, 2, 3)],
  ['two_variable', floats(1, 2)],
  ['optional_input', floats(1, 2)],
  ['reshaped', ints(1, 2, 3, 4)],
  ['reshaped_batch', ints(1)],
  ['versions', floats(1, 2)],
];

const pairOf = (model: string, datatype: string, shape: number[], data: unknown) =>
  infer(model, { inputs: [input('INPUT0', datatype, shape, data), input('INPUT1', datatype, shape, data)] });

const SHAPES: readonly (readonly [model: string, datatype: string, shape: number[], count: number])[] = [
  ['batch_fp32', 'FP32', [1, 4], 4],
  ['batch_fp32', 'FP32', [8, 4], 32],
  ['batch_fp32', 'FP32', [9, 4], 36],
  ['batch_fp32', 'FP32', [0, 4], 0],
  ['batch_fp32', 'FP32', [4], 4],
  ['batch_fp32', 'FP32', [16], 16],
  ['batch_fp32', 'FP32', [], 1],
  ['batch_fp32', 'FP32', [1, 5], 5],
  ['batch_fp32', 'FP32', [1, 4, 1], 4],
  ['batch_fp32', 'INT32', [1, 5], 5],
  ['batch_fp32', 'INT32', [9, 5], 45],
  ['identity_fp32', 'FP32', [3], 3],
  ['identity_fp32', 'FP32', [3, 1], 3],
  ['two_variable', 'FP32', [1, 2, 1], 2],
  ['two_variable', 'FP32', [3, 2, 2], 12],
  ['two_variable', 'FP32', [1, 3, 1], 3],
  ['two_variable', 'FP32', [0, 2, 5], 0],
  ['two_variable', 'FP32', [1, 0, 1], 0],
  ['reshaped', 'INT32', [4], 4],
  ['reshaped', 'INT32', [2, 2], 4],
  ['reshaped_batch', 'INT32', [2, 1], 2],
  ['reshaped_batch', 'INT32', [2], 2],
  ['reshaped_batch', 'INT32', [4, 1], 4],
  ['optional_input', 'FP32', [2], 2],
  ['optional_input', 'FP32', [3], 3],
  ['one_string', 'BYTES', [1], 0],
  ['batch_fp32', 'BOOL', [1, 4], 0],
];

const zeros = (count: number) => Array.from({ length: count }, () => 0);

export const CORE_CASES: readonly FidelityCase[] = [
  ...RAW.map(([model, body], index) =>
    ask(
      `raw: ${model} with ${body.length} bytes (${index})`,
      post(`/v2/models/${model}/infer`, body, { 'Inference-Header-Content-Length': '0' }),
    ),
  ),
  ask('raw: an empty body without a header length', post('/v2/models/identity_fp32/infer')),
  ask('raw: an empty body on two inputs', post('/v2/models/add_sub/infer')),
  ...SHAPES.map(([model, datatype, shape, count]) =>
    ask(
      `shape: [${shape}] of ${datatype} for ${model}`,
      infer(model, {
        inputs: [
          input(
            'INPUT0',
            datatype,
            shape,
            datatype === 'BYTES' ? ['x'] : datatype === 'BOOL' ? [true, true, false, false] : zeros(count),
          ),
        ],
      }),
    ),
  ),
  ask('core: both inputs', pairOf('add_sub', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6])),
  ask('core: overflow of INT32', pairOf('add_sub', 'INT32', [1, 3], [2147483647, -2147483648, 1])),
  ask('core: one input missing', infer('add_sub', { inputs: [input('INPUT0', 'INT32', [1, 3], [1, 2, 3])] })),
  ask(
    'core: an empty input before a batch of one',
    infer('add_sub', {
      inputs: [input('INPUT0', 'INT32', [1, 3], [1, 2, 3]), input('INPUT1', 'INT32', [0, 3], [])],
    }),
  ),
  ask(
    'core: a batch of one before an empty input',
    infer('add_sub', {
      inputs: [input('INPUT1', 'INT32', [0, 3], []), input('INPUT0', 'INT32', [1, 3], [1, 2, 3])],
    }),
  ),
  ask('core: no inputs', infer('add_sub', { inputs: [] })),
  ask('core: no inputs, with an id', infer('add_sub', { id: 'x', inputs: [] })),
  ask(
    'core: three inputs',
    infer('add_sub', {
      inputs: ['INPUT0', 'INPUT1', 'INPUT2'].map((name) => input(name, 'INT32', [1, 3], [1, 2, 3])),
    }),
  ),
  ask(
    'core: one of two is unknown',
    infer('add_sub', { inputs: ['INPUT0', 'OTHER'].map((name) => input(name, 'INT32', [1, 3], [1, 2, 3])) }),
  ),
  ask(
    'core: both unknown',
    infer('add_sub', { inputs: ['A', 'B'].map((name) => input(name, 'INT32', [1, 3], [1, 2, 3])) }),
  ),
  ask(
    'core: unknown output before a missing input',
    infer('add_sub', { inputs: [], outputs: [{ name: 'OTHER' }] }),
  ),
  ask(
    'core: batch sizes differ',
    infer('add_sub', {
      inputs: [
        input('INPUT0', 'INT32', [1, 3], [1, 2, 3]),
        input('INPUT1', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6]),
      ],
    }),
  ),
  ask(
    'core: batch sizes differ, other order',
    infer('add_sub', {
      inputs: [
        input('INPUT1', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6]),
        input('INPUT0', 'INT32', [1, 3], [1, 2, 3]),
      ],
    }),
  ),
  ask(
    'core: wrong datatype and wrong shape',
    infer('add_sub', {
      inputs: [input('INPUT0', 'INT32', [1, 4], [1, 2, 3, 4]), input('INPUT1', 'FP32', [1, 3], [1, 2, 3])],
    }),
  ),
  ask(
    'core: wrong datatypes on both, out of order',
    infer('add_sub', {
      inputs: [input('INPUT1', 'INT64', [1, 3], [1, 2, 3]), input('INPUT0', 'FP32', [1, 3], [1, 2, 3])],
    }),
  ),
  ask(
    'core: variable dimensions that differ',
    infer('add_sub_nobatch', {
      inputs: [input('INPUT0', 'FP32', [2, 1], [1, 2]), input('INPUT1', 'FP32', [2, 1], [1, 2])],
    }),
  ),
  ask(
    'core: optional input given',
    infer('optional_input', {
      inputs: [input('INPUT0', 'FP32', [2], [1, 2]), input('INPUT1', 'FP32', [2], [3, 4])],
    }),
  ),
  ask(
    'core: only the optional input given',
    infer('optional_input', { inputs: [input('INPUT1', 'FP32', [2], [3, 4])] }),
  ),
  ask('core: optional model without inputs', infer('optional_input', { inputs: [] })),
  ask(
    'core: optional model with three inputs',
    infer('optional_input', {
      inputs: ['INPUT0', 'INPUT1', 'X'].map((name) => input(name, 'FP32', [2], [3, 4])),
    }),
  ),
  ask(
    'core: an unknown input in place of the optional one',
    infer('optional_input', { inputs: ['INPUT0', 'X'].map((name) => input(name, 'FP32', [2], [3, 4])) }),
  ),
  ask(
    'core: strings in a batch',
    infer('batch_strings', { inputs: [input('INPUT0', 'BYTES', [2, 2], ['a', 'bb', '', 'ä'])] }),
  ),
  ask(
    'core: byte count of a batch',
    inferBinary('batch_fp32', { inputs: [binaryInput('INPUT0', 'FP32', [2, 4], 28)] }, Buffer.alloc(28)),
  ),
  ask(
    'core: an id in a prefix',
    infer('batch_fp32', { id: 'my "id"', inputs: [input('INPUT0', 'FP32', [1, 5], [1, 2, 3, 4, 5])] }),
  ),
  ...['1', '2', '10'].map((version) =>
    ask(
      `versions: ${version}`,
      post(
        `/v2/models/versions/versions/${version}/infer`,
        JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
      ),
    ),
  ),
  ask('versions: none asked', infer('versions', { inputs: [input('INPUT0', 'FP32', [2], [1, 2])] })),
  ask(
    'versions: leading zeros',
    post(
      '/v2/models/versions/versions/002/infer',
      JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
    ),
  ),
  ask(
    'versions: one that the policy leaves out',
    post(
      '/v2/models/latest/versions/1/infer',
      JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
    ),
  ),
  ask(
    'size: a large JSON tensor',
    infer('identity_fp32', { inputs: [input('INPUT0', 'FP32', [20_000], zeros(20_000))] }),
  ),
  ask(
    'size: a large binary tensor',
    inferBinary(
      'identity_fp32',
      {
        inputs: [binaryInput('INPUT0', 'FP32', [300_000], 1_200_000)],
        parameters: { binary_data_output: true },
      },
      Buffer.alloc(1_200_000, 63),
    ),
  ),
];
