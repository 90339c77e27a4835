// Values of every datatype, JSON and binary, in and out; the checks of Triton's core (E49 to E66); classification.
import { ELEMENT_BYTES } from '../../../../../src/kserve/index.ts';
import { RUNNABLE } from '../models.ts';
import {
  binaryInput,
  type FidelityCase,
  floats,
  infer,
  inferBinary,
  input,
  ints,
  one,
  post,
  strings,
} from './case.ts';

/** JSON texts of elements; each is sent alone. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  bool: ['true', 'false', '0', '1', '"true"', 'null'],
  uint8: [
    '0',
    '255',
    '256',
    '300',
    '-1',
    '1.0',
    '1e2',
    '"1"',
    '4294967296',
    '18446744073709551615',
    '18446744073709551616',
    'true',
    '-0',
  ],
  uint16: ['65535', '65536', '-1', '1.5'],
  uint32: ['4294967295', '4294967296', '-1'],
  uint64: [
    '9007199254740993',
    '9223372036854775808',
    '18446744073709551615',
    '18446744073709551616',
    '-1',
    '1.0',
    '-0',
  ],
  int8: [
    '127',
    '128',
    '-128',
    '-129',
    '300',
    '1.0',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
    '-0',
  ],
  int16: ['32767', '32768', '-32769'],
  int32: ['2147483647', '2147483648', '-2147483649', '4294967297', '-0', '0.0'],
  int64: [
    '9007199254740993',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '-9223372036854775809',
    '1e3',
    '-0',
    'NaN',
  ],
  fp32: [
    '0',
    '-0',
    '-0.0',
    '0.1',
    '1',
    '1.0',
    '16777217',
    '3.4028235e38',
    '3.5e38',
    '-3.5e38',
    '1e39',
    '1e-45',
    '1e-46',
    '1e20',
    '1e21',
    '123456789012345680000',
    '1.5e-7',
    '0.00001',
    '0.000001',
    'NaN',
    '-NaN',
    'Inf',
    '-Inf',
    'Infinity',
    '-Infinity',
    '9223372036854775807',
    '18446744073709551616',
    '1e308',
    '"1"',
    'true',
    'null',
    '100000000000000000000000',
    '1e22',
    '1.7976931348623157e308',
    '0.30000001192092896',
  ],
  fp64: [
    '0',
    '-0',
    '-0.0',
    '0.1',
    '1e21',
    '1e22',
    '1e23',
    '5e-324',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
    '0.30000000000000004',
    '123456789.123456789',
    '9007199254740993',
    '9223372036854775808',
    '18446744073709551616',
    '1e-7',
    '0.000001',
    '0.0000001',
    '1.0e+5',
    '100000',
    '123456789012345678',
    '1E5',
    'NaN',
    '-Infinity',
    '4.35',
    '0.000123456789',
    '179769313486231570000000000000000000000',
    '3.141592653589793238462643383279',
  ],
  fp16: ['1', 'NaN'],
  bytes: [
    '""',
    '"abc"',
    '"ä\u{1F600}"',
    '"\\u0041"',
    '"\\ud83d\\ude00"',
    '"quote\\"back\\\\slash/"',
    '"tab\\tnew\\nline"',
    '"\\b\\f\\r\\u0001\\u001f\\u007f"',
    '1',
    'true',
    'null',
    '["a"]',
    '{}',
    '"</script>"',
  ],
};

/** Texts of floating point numbers whose bits are compared, since readers round differently. */
const DOUBLES = [
  '0.30000000000000004',
  '123456789.123456789',
  '1.7976931348623157e308',
  '2.2250738585072014e-308',
  '5e-324',
  '4.9406564584124654e-324',
  '1e23',
  '8.5e22',
  '9007199254740993.0',
  '9007199254740992.5',
  '90071992547409910.5',
  '12345678901234567890',
  '12345678901234567890.123',
  '123456789012345678901234567890',
  '-9223372036854775809',
  '-9223372036854775808',
  '0.1',
  '0.12345678901234567890123',
  '3.141592653589793238462643383279',
  '1e-307',
  '1.5e-310',
  '123e-330',
  '1e-400',
  '0e-999',
  '0.000000000000000000000000000000001234567890123456789',
  '6.02214076e23',
  '179769313486231570000000000000000000000',
  '1.0000000000000002',
  '7.2057594037927933e16',
  '72057594037927933',
  '4503599627370497.5',
  '9.5367431640625e-07',
  '0.74705880880355835',
  '-0',
  '-0.0',
  '-0e0',
  '100e-2',
];

/** Bytes of single elements in binary form, in hexadecimal. */
const BITS: Readonly<Record<string, readonly string[]>> = {
  bool: ['00', '01', '02', 'ff'],
  fp32: [
    '0000c07f',
    '0000c0ff',
    '0100807f',
    '0000807f',
    '000080ff',
    '00000080',
    '01000000',
    'ffff7f7f',
    '000080bf',
  ],
  fp64: ['000000000000f87f', '000000000000f0ff', '0000000000000080', '0100000000000000', 'ffffffffffffef7f'],
  fp16: ['003c', '00fc', '007e', '0080'],
  int64: ['ffffffffffffff7f', '0000000000000080', '0100000000002000'],
  uint64: ['ffffffffffffffff', '0100000000002000'],
  int8: ['80', '7f'],
};

const BYTES_PROBLEMS: readonly (readonly [what: string, shape: number[], data: Buffer])[] = [
  ['two strings', [2], strings('a', 'bc')],
  ['an empty string', [1], strings('')],
  ['no strings', [0], Buffer.alloc(0)],
  ['a NUL inside', [1], strings('a\u0000b')],
  ['not UTF-8', [1], strings(Buffer.from([0xff, 0xfe]))],
  ['one too many', [1], strings('a', 'b')],
  ['one too few', [3], strings('a', 'b')],
  ['a cut length', [2], Buffer.concat([strings('a'), Buffer.from([1, 0])])],
  ['a length beyond the end', [1], Buffer.from([9, 0, 0, 0, 97])],
  ['a huge length', [1], Buffer.from([255, 255, 255, 255, 97])],
  ['nothing where one is expected', [1], Buffer.alloc(0)],
];

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

const CLASSIFIED: readonly (readonly [
  what: string,
  model: string,
  datatype: string,
  shape: number[],
  data: unknown,
  count: number,
])[] = [
  ['top 1', 'batch_fp32', 'FP32', [1, 4], [1, 4, 2, 3], 1],
  ['top 3 with labels missing and quoted', 'batch_fp32', 'FP32', [1, 4], [1, 2, 4, 3], 3],
  ['more than there are', 'batch_fp32', 'FP32', [1, 4], [1, 4, 2, 3], 9],
  ['of a batch', 'batch_fp32', 'FP32', [2, 4], [1, 4, 2, 3, 9, 8, 7, 6], 2],
  ['of fractions', 'batch_fp32', 'FP32', [1, 4], [0.1, -0.25, 1e10, 1e-9], 4],
  ['of huge numbers', 'batch_fp32', 'FP32', [1, 4], [1e30, 3e38, -1e30, 123456789], 4],
  ['without labels', 'identity_fp32', 'FP32', [3], [3, 1, 2], 2],
  ['of integers', 'identity_int32', 'INT32', [3], [-3, 1, 2], 3],
  ['of UINT8', 'identity_uint8', 'UINT8', [3], [200, 1, 2], 3],
  ['of INT64', 'identity_int64', 'INT64', [2], [1, 2], 2],
  ['of UINT64', 'identity_uint64', 'UINT64', [2], [1, 2], 2],
  ['of FP64', 'identity_fp64', 'FP64', [3], [0.1, 1e300, -5e-324], 3],
  ['of INT8', 'identity_int8', 'INT8', [2], [-1, 2], 2],
  ['of BOOL', 'identity_bool', 'BOOL', [2], [true, false], 1],
];

const zeros = (count: number) => Array.from({ length: count }, () => 0);

export const TENSOR_CASES: readonly FidelityCase[] = [
  ...Object.entries(VALUES).flatMap(([type, values]) =>
    values.map((text) =>
      one(
        `value: ${text} as ${type.toUpperCase()}`,
        infer(
          `identity_${type}`,
          `{"inputs":[{"name":"INPUT0","datatype":"${type.toUpperCase()}","shape":[1],"data":[${text}]}]}`,
        ),
      ),
    ),
  ),
  ...Object.entries(BITS).flatMap(([type, values]) =>
    values.flatMap((bits) =>
      [false, true].map((binary) =>
        one(
          `bits: ${bits} as ${type.toUpperCase()}, ${binary ? 'binary' : 'JSON'} out`,
          inferBinary(
            `identity_${type}`,
            {
              inputs: [binaryInput('INPUT0', type.toUpperCase(), [1], bits.length / 2)],
              outputs: [{ name: 'OUTPUT0', parameters: { binary_data: binary } }],
            },
            Buffer.from(bits, 'hex'),
          ),
        ),
      ),
    ),
  ),
  ...['FP64', 'FP32'].flatMap((datatype) =>
    DOUBLES.map((text) =>
      one(
        `rounding: ${text} as ${datatype}`,
        infer(
          `identity_${datatype.toLowerCase()}`,
          `{"parameters":{"binary_data_output":true},"inputs":[{"name":"INPUT0","datatype":"${datatype}","shape":[1],"data":[${text}]}]}`,
        ),
      ),
    ),
  ),
  ...RUNNABLE.flatMap((datatype) => {
    const model = `identity_${datatype.toLowerCase()}`;
    const width = ELEMENT_BYTES[datatype];
    const data = datatype === 'BYTES' ? strings('a', '', 'b c') : Buffer.alloc(width * 3, 1);
    return [true, false].flatMap((binary) => [
      one(
        `datatype: ${datatype}, binary in, ${binary ? 'binary' : 'JSON'} out`,
        inferBinary(
          model,
          {
            inputs: [binaryInput('INPUT0', datatype, [3], data.length)],
            parameters: { binary_data_output: binary },
          },
          data,
        ),
      ),
      one(
        `datatype: ${datatype}, no elements, ${binary ? 'binary' : 'JSON'} out`,
        inferBinary(
          model,
          { inputs: [binaryInput('INPUT0', datatype, [0], 0)], parameters: { binary_data_output: binary } },
          Buffer.alloc(0),
        ),
      ),
      one(
        `datatype: ${datatype}, a byte too ${binary ? 'many' : 'few'}`,
        inferBinary(
          model,
          { inputs: [binaryInput('INPUT0', datatype, [3], data.length + (binary ? 1 : -1))] },
          Buffer.concat([data, Buffer.alloc(1)]).subarray(0, data.length + (binary ? 1 : -1)),
        ),
      ),
    ]);
  }),
  one('datatype: BF16 in JSON', infer('identity_fp16', { inputs: [input('INPUT0', 'BF16', [1], [1])] })),
  one(
    'datatype: BF16 binary for FP16',
    inferBinary('identity_fp16', { inputs: [binaryInput('INPUT0', 'BF16', [1], 2)] }, Buffer.alloc(2)),
  ),
  ...BYTES_PROBLEMS.flatMap(([what, shape, data]) =>
    [true, false].map((binary) =>
      one(
        `strings: ${what}, ${binary ? 'binary' : 'JSON'} out`,
        inferBinary(
          'identity_bytes',
          {
            inputs: [binaryInput('INPUT0', 'BYTES', shape, data.length)],
            parameters: { binary_data_output: binary },
          },
          data,
        ),
      ),
    ),
  ),
  ...RAW.map(([model, body], index) =>
    one(
      `raw: ${model} with ${body.length} bytes (${index})`,
      post(`/v2/models/${model}/infer`, body, { 'Inference-Header-Content-Length': '0' }),
    ),
  ),
  one('raw: an empty body without a header length', post('/v2/models/identity_fp32/infer')),
  one('raw: an empty body on two inputs', post('/v2/models/add_sub/infer')),
  ...SHAPES.map(([model, datatype, shape, count]) =>
    one(
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
  one('core: both inputs', pairOf('add_sub', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6])),
  one('core: overflow of INT32', pairOf('add_sub', 'INT32', [1, 3], [2147483647, -2147483648, 1])),
  one('core: one input missing', infer('add_sub', { inputs: [input('INPUT0', 'INT32', [1, 3], [1, 2, 3])] })),
  one(
    'core: an empty input before a batch of one',
    infer('add_sub', {
      inputs: [input('INPUT0', 'INT32', [1, 3], [1, 2, 3]), input('INPUT1', 'INT32', [0, 3], [])],
    }),
  ),
  one(
    'core: a batch of one before an empty input',
    infer('add_sub', {
      inputs: [input('INPUT1', 'INT32', [0, 3], []), input('INPUT0', 'INT32', [1, 3], [1, 2, 3])],
    }),
  ),
  one('core: no inputs', infer('add_sub', { inputs: [] })),
  one('core: no inputs, with an id', infer('add_sub', { id: 'x', inputs: [] })),
  one(
    'core: three inputs',
    infer('add_sub', {
      inputs: ['INPUT0', 'INPUT1', 'INPUT2'].map((name) => input(name, 'INT32', [1, 3], [1, 2, 3])),
    }),
  ),
  one(
    'core: one of two is unknown',
    infer('add_sub', { inputs: ['INPUT0', 'OTHER'].map((name) => input(name, 'INT32', [1, 3], [1, 2, 3])) }),
  ),
  one(
    'core: both unknown',
    infer('add_sub', { inputs: ['A', 'B'].map((name) => input(name, 'INT32', [1, 3], [1, 2, 3])) }),
  ),
  one(
    'core: unknown output before a missing input',
    infer('add_sub', { inputs: [], outputs: [{ name: 'OTHER' }] }),
  ),
  one(
    'core: batch sizes differ',
    infer('add_sub', {
      inputs: [
        input('INPUT0', 'INT32', [1, 3], [1, 2, 3]),
        input('INPUT1', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6]),
      ],
    }),
  ),
  one(
    'core: batch sizes differ, other order',
    infer('add_sub', {
      inputs: [
        input('INPUT1', 'INT32', [2, 3], [1, 2, 3, 4, 5, 6]),
        input('INPUT0', 'INT32', [1, 3], [1, 2, 3]),
      ],
    }),
  ),
  one(
    'core: wrong datatype and wrong shape',
    infer('add_sub', {
      inputs: [input('INPUT0', 'INT32', [1, 4], [1, 2, 3, 4]), input('INPUT1', 'FP32', [1, 3], [1, 2, 3])],
    }),
  ),
  one(
    'core: wrong datatypes on both, out of order',
    infer('add_sub', {
      inputs: [input('INPUT1', 'INT64', [1, 3], [1, 2, 3]), input('INPUT0', 'FP32', [1, 3], [1, 2, 3])],
    }),
  ),
  one(
    'core: variable dimensions that differ',
    infer('add_sub_nobatch', {
      inputs: [input('INPUT0', 'FP32', [2, 1], [1, 2]), input('INPUT1', 'FP32', [2, 1], [1, 2])],
    }),
  ),
  one(
    'core: optional input given',
    infer('optional_input', {
      inputs: [input('INPUT0', 'FP32', [2], [1, 2]), input('INPUT1', 'FP32', [2], [3, 4])],
    }),
  ),
  one(
    'core: only the optional input given',
    infer('optional_input', { inputs: [input('INPUT1', 'FP32', [2], [3, 4])] }),
  ),
  one('core: optional model without inputs', infer('optional_input', { inputs: [] })),
  one(
    'core: optional model with three inputs',
    infer('optional_input', {
      inputs: ['INPUT0', 'INPUT1', 'X'].map((name) => input(name, 'FP32', [2], [3, 4])),
    }),
  ),
  one(
    'core: an unknown input in place of the optional one',
    infer('optional_input', { inputs: ['INPUT0', 'X'].map((name) => input(name, 'FP32', [2], [3, 4])) }),
  ),
  one(
    'core: strings in a batch',
    infer('batch_strings', { inputs: [input('INPUT0', 'BYTES', [2, 2], ['a', 'bb', '', 'ä'])] }),
  ),
  one(
    'core: byte count of a batch',
    inferBinary('batch_fp32', { inputs: [binaryInput('INPUT0', 'FP32', [2, 4], 28)] }, Buffer.alloc(28)),
  ),
  one(
    'core: an id in a prefix',
    infer('batch_fp32', { id: 'my "id"', inputs: [input('INPUT0', 'FP32', [1, 5], [1, 2, 3, 4, 5])] }),
  ),
  ...['1', '2', '10'].map((version) =>
    one(
      `versions: ${version}`,
      post(
        `/v2/models/versions/versions/${version}/infer`,
        JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
      ),
    ),
  ),
  one('versions: none asked', infer('versions', { inputs: [input('INPUT0', 'FP32', [2], [1, 2])] })),
  one(
    'versions: leading zeros',
    post(
      '/v2/models/versions/versions/002/infer',
      JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
    ),
  ),
  one(
    'versions: one that the policy leaves out',
    post(
      '/v2/models/latest/versions/1/infer',
      JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
    ),
  ),
  ...CLASSIFIED.map(([what, model, datatype, shape, data, count]) =>
    one(
      `classification: ${what}`,
      infer(model, {
        inputs: [input('INPUT0', datatype, shape, data)],
        outputs: [{ name: 'OUTPUT0', parameters: { classification: count } }],
      }),
    ),
  ),
  one(
    'classification: of FP16',
    inferBinary(
      'identity_fp16',
      {
        inputs: [binaryInput('INPUT0', 'FP16', [1], 2)],
        outputs: [{ name: 'OUTPUT0', parameters: { classification: 1 } }],
      },
      Buffer.from([0, 60]),
    ),
  ),
  one(
    'classification: of NaN and infinities',
    inferBinary(
      'batch_fp32',
      {
        inputs: [binaryInput('INPUT0', 'FP32', [1, 4], 16)],
        outputs: [{ name: 'OUTPUT0', parameters: { classification: 4 } }],
      },
      floats(Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY, 2),
    ),
  ),
  one(
    'size: a large JSON tensor',
    infer('identity_fp32', { inputs: [input('INPUT0', 'FP32', [20_000], zeros(20_000))] }),
  ),
  one(
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
