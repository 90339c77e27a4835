// Tensors of every datatype: in each of the typed fields, and raw with lengths that fit and that do not.
import { ask, type GrpcCase, infer, input, strings } from './case.ts';

/** Bytes of an element; strings have no fixed size. */
const SIZES: Readonly<Record<string, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
};

const ONE: Readonly<Record<string, unknown>> = {
  bool_contents: true,
  int_contents: 1,
  int64_contents: '1',
  uint_contents: 1,
  uint64_contents: '1',
  fp32_contents: 1.5,
  fp64_contents: 1.5,
  bytes_contents: Buffer.from('one'),
};

const identity = (datatype: string) => `identity_${datatype.toLowerCase()}`;
const typed = (datatype: string, shape: number[], contents: object) =>
  infer(identity(datatype), { inputs: [input('INPUT0', datatype, shape, contents)] });
const raw = (datatype: string, shape: number[], ...bytes: Buffer[]) =>
  infer(identity(datatype), { inputs: [input('INPUT0', datatype, shape)], raw: bytes });

const INTEGERS = [
  0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 32768, 65535, 65536, 2147483647, -2147483648,
];

const TEXTS: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from('text'),
  Buffer.from('äöü €'),
  Buffer.from('quote " and \\'),
  Buffer.alloc(300, 'x'),
];

export const VALUE_CASES: readonly GrpcCase[] = [
  ...[...Object.keys(SIZES), 'BYTES', 'BF16'].flatMap((datatype) =>
    Object.entries(ONE).map(([field, value]) =>
      ask(
        `typed: ${datatype} in ${field}`,
        infer(datatype === 'BF16' ? 'identity_fp16' : identity(datatype), {
          inputs: [input('INPUT0', datatype, [2], { [field]: [value, value] })],
        }),
      ),
    ),
  ),
  ...Object.entries(SIZES).flatMap(([datatype, size]) => [
    ask(`raw: ${datatype}`, raw(datatype, [3], Buffer.alloc(3 * size, 1))),
    ask(`raw: ${datatype}, a byte too few`, raw(datatype, [3], Buffer.alloc(3 * size - 1, 1))),
    ask(`raw: ${datatype}, a byte too many`, raw(datatype, [3], Buffer.alloc(3 * size + 1, 1))),
    ask(`raw: ${datatype}, empty`, raw(datatype, [3], Buffer.alloc(0))),
    ask(`raw: ${datatype}, no elements`, raw(datatype, [0], Buffer.alloc(0))),
    ask(`raw: ${datatype}, none given`, raw(datatype, [3])),
  ]),
  ...['INT8', 'INT16', 'INT32', 'UINT8', 'UINT16', 'UINT32'].map((datatype) => {
    const unsigned = datatype.startsWith('U');
    const values = INTEGERS.map((value) => (unsigned ? value >>> 0 : value));
    const field = unsigned ? 'uint_contents' : 'int_contents';
    return ask(
      `typed: ${datatype} at and beyond its limits`,
      typed(datatype, [values.length], { [field]: values }),
    );
  }),
  ask(
    'typed: INT64 at its limits',
    typed('INT64', [2], { int64_contents: ['9223372036854775807', '-9223372036854775808'] }),
  ),
  ask(
    'typed: UINT64 at its limits',
    typed('UINT64', [2], { uint64_contents: ['18446744073709551615', '0'] }),
  ),
  ask(
    'typed: FP32 not finite',
    typed('FP32', [4], {
      fp32_contents: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
    }),
  ),
  ask(
    'typed: FP64 not finite',
    typed('FP64', [4], {
      fp64_contents: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
    }),
  ),
  ask('typed: strings', typed('BYTES', [TEXTS.length], { bytes_contents: TEXTS })),
  ask('typed: too few elements', typed('FP32', [3], { fp32_contents: [1, 2] })),
  ask('typed: too many elements', typed('FP32', [3], { fp32_contents: [1, 2, 3, 4] })),
  ask('typed: too few strings', typed('BYTES', [3], { bytes_contents: TEXTS.slice(0, 2) })),
  ask('typed: too many strings', typed('BYTES', [1], { bytes_contents: TEXTS.slice(0, 2) })),
  ask('typed: no elements in a shape of none', typed('INT32', [0], { int_contents: [] })),
  ask(
    'typed: two fields, the right one first',
    typed('BOOL', [1], { bool_contents: [true], int_contents: [1] }),
  ),
  ask(
    'typed: two fields, the right one last',
    typed('INT32', [1], { bool_contents: [true], int_contents: [1] }),
  ),
  ask('typed: two fields, both wrong', typed('FP32', [1], { bool_contents: [true], int_contents: [1] })),
  ask(
    'typed: all fields',
    typed('INT64', [1], Object.fromEntries(Object.entries(ONE).map(([field, value]) => [field, [value]]))),
  ),
  ask('raw: strings', raw('BYTES', [3], strings('a', '', 'äöü'))),
  ask('raw: strings, one too few', raw('BYTES', [3], strings('a', 'b'))),
  ask('raw: strings, one too many', raw('BYTES', [1], strings('a', 'b'))),
  ask('raw: strings, an incomplete length', raw('BYTES', [1], Buffer.from([1, 0]))),
  ask('raw: strings, a length beyond the end', raw('BYTES', [1], Buffer.from([9, 0, 0, 0, 65]))),
  ask('raw: strings, a huge length', raw('BYTES', [1], Buffer.from([255, 255, 255, 255, 65]))),
  ask('raw: strings, none', raw('BYTES', [0], Buffer.alloc(0))),
  ask('raw: a second one that no input takes', raw('FP32', [1], Buffer.alloc(4), Buffer.alloc(4))),
  ...['', 'FLOAT', 'fp32', 'FP8', 'TYPE_FP32', 'INVALID', 'STRING'].flatMap((datatype) => [
    ask(
      `datatype: "${datatype}", raw`,
      infer('identity_fp32', { inputs: [input('INPUT0', datatype, [1])], raw: [Buffer.alloc(4)] }),
    ),
    ask(
      `datatype: "${datatype}", typed`,
      infer('identity_fp32', { inputs: [input('INPUT0', datatype, [1], { fp32_contents: [1] })] }),
    ),
  ]),
];
