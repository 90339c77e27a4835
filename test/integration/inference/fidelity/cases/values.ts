// Values of every datatype, JSON and binary, in and out.
import { ELEMENT_BYTES } from '../../../../../src/kserve/index.ts';
import { RUNNABLE } from '../models.ts';
import { ask, binaryInput, type FidelityCase, infer, inferBinary, input, strings } from './case.ts';

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

export const VALUE_CASES: readonly FidelityCase[] = [
  ...Object.entries(VALUES).flatMap(([type, values]) =>
    values.map((text) =>
      ask(
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
        ask(
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
      ask(
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
      ask(
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
      ask(
        `datatype: ${datatype}, no elements, ${binary ? 'binary' : 'JSON'} out`,
        inferBinary(
          model,
          { inputs: [binaryInput('INPUT0', datatype, [0], 0)], parameters: { binary_data_output: binary } },
          Buffer.alloc(0),
        ),
      ),
      ask(
        `datatype: ${datatype}, a byte too ${binary ? 'many' : 'few'}`,
        inferBinary(
          model,
          { inputs: [binaryInput('INPUT0', datatype, [3], data.length + (binary ? 1 : -1))] },
          Buffer.concat([data, Buffer.alloc(1)]).subarray(0, data.length + (binary ? 1 : -1)),
        ),
      ),
    ]);
  }),
  ask('datatype: BF16 in JSON', infer('identity_fp16', { inputs: [input('INPUT0', 'BF16', [1], [1])] })),
  ask(
    'datatype: BF16 binary for FP16',
    inferBinary('identity_fp16', { inputs: [binaryInput('INPUT0', 'BF16', [1], 2)] }, Buffer.alloc(2)),
  ),
  ...BYTES_PROBLEMS.flatMap(([what, shape, data]) =>
    [true, false].map((binary) =>
      ask(
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
];
