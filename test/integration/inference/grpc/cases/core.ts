// What is checked before a model runs: names, shapes, batches, which data belongs to which input.
import { ask, floats, GOOD, type GrpcCase, infer, input, ints, output, strings } from './case.ts';

const SHAPES: readonly (readonly [
  model: string,
  datatype: string,
  shape: (number | string)[],
  bytes: number,
])[] = [
  ['batch_fp32', 'FP32', [1, 4], 16],
  ['batch_fp32', 'FP32', [8, 4], 128],
  ['batch_fp32', 'FP32', [9, 4], 144],
  ['batch_fp32', 'FP32', [0, 4], 0],
  ['batch_fp32', 'FP32', [4], 16],
  ['batch_fp32', 'FP32', [], 4],
  ['batch_fp32', 'FP32', [1, 5], 20],
  ['batch_fp32', 'FP32', [1, 4, 1], 16],
  ['batch_fp32', 'INT32', [1, 4], 16],
  ['batch_fp32', 'INT32', [9, 5], 180],
  ['batch_fp32', 'FP32', [-1, 4], 16],
  ['batch_fp32', 'FP32', [1, -4], 16],
  ['identity_fp32', 'FP32', [3], 12],
  ['identity_fp32', 'FP32', [3, 1], 12],
  ['identity_fp32', 'FP32', [], 4],
  ['identity_fp32', 'FP32', [-1], 4],
  ['identity_fp32', 'FP32', [-1], 0],
  ['identity_fp32', 'FP32', ['-9223372036854775808'], 4],
  ['identity_fp32', 'FP32', ['4294967296'], 4],
  ['identity_fp32', 'FP32', [-4], 16],
  ['identity_bytes', 'BYTES', [-1], 0],
  ['identity_bytes', 'BYTES', [-2], 4],
  ['two_variable', 'FP32', [-1, 2, -1], 8],
  ['two_variable', 'FP32', [-2, 2, 3], 8],
  ['batch_fp32', 'FP32', ['4294967297', 4], 16],
  ['batch_strings', 'BYTES', [-1, 2], 8],
  ['two_variable', 'FP32', [1, 2, 1], 8],
  ['two_variable', 'FP32', [3, 2, 2], 48],
  ['two_variable', 'FP32', [1, 3, 1], 12],
  ['two_variable', 'FP32', [1, 0, 1], 0],
  ['two_variable', 'FP32', [0, 2, 5], 0],
  ['reshaped', 'INT32', [4], 16],
  ['reshaped', 'INT32', [2, 2], 16],
  ['reshaped_batch', 'INT32', [2, 1], 8],
  ['reshaped_batch', 'INT32', [2], 8],
  ['reshaped_batch', 'INT32', [4, 1], 16],
  ['optional_input', 'FP32', [2], 8],
  ['optional_input', 'FP32', [3], 12],
  ['batch_fp32', 'BOOL', [1, 4], 4],
];

const three = (name: string, datatype = 'INT32') => input(name, datatype, [1, 3]);
const DATA = ints(1, 2, 3);
const added = (inputs: readonly object[], ...raw: Buffer[]) => infer('add_sub', { inputs, raw });
const both = [three('INPUT0'), three('INPUT1')];
const contents = { int_contents: [1, 2, 3] };

export const CORE_CASES: readonly GrpcCase[] = [
  ...SHAPES.map(([model, datatype, shape, bytes]) =>
    ask(
      `shape: [${shape}] of ${datatype} for ${model}, ${bytes} bytes`,
      infer(model, { inputs: [input('INPUT0', datatype, shape)], raw: [Buffer.alloc(bytes)] }),
    ),
  ),
  ask('inputs: both, raw', added(both, DATA, DATA)),
  ask(
    'inputs: both, typed',
    added([input('INPUT0', 'INT32', [1, 3], contents), input('INPUT1', 'INT32', [1, 3], contents)]),
  ),
  ask('inputs: in the other order', added([...both].reverse(), ints(1, 2, 3), ints(10, 20, 30))),
  ask(
    'inputs: one typed and one raw',
    added([input('INPUT0', 'INT32', [1, 3], contents), three('INPUT1')], DATA),
  ),
  ask(
    'inputs: one raw and one typed',
    added([three('INPUT0'), input('INPUT1', 'INT32', [1, 3], contents)], DATA),
  ),
  ask(
    'inputs: typed and raw for the same',
    infer('identity_fp32', {
      inputs: [input('INPUT0', 'FP32', [1], { fp32_contents: [1] })],
      raw: [floats(2)],
    }),
  ),
  ask(
    'inputs: empty contents and raw',
    infer('identity_fp32', { inputs: [input('INPUT0', 'FP32', [1], {})], raw: [floats(2)] }),
  ),
  ask(
    'inputs: empty contents alone, of no elements',
    infer('identity_fp32', { inputs: [input('INPUT0', 'FP32', [0], {})] }),
  ),
  ask('inputs: raw for one of two', added(both, DATA)),
  ask('inputs: raw for three of two', added(both, DATA, DATA, DATA)),
  ask('inputs: one missing', added([three('INPUT0')], DATA)),
  ask('inputs: none', added([])),
  ask('inputs: none, with an id', infer('add_sub', { id: 'x' })),
  ask('inputs: three', added([...both, three('INPUT2')], DATA, DATA, DATA)),
  ask('inputs: one of two is unknown', added([three('INPUT0'), three('OTHER')], DATA, DATA)),
  ask('inputs: both unknown', added([three('A'), three('B')], DATA, DATA)),
  ask('inputs: the same twice', added([three('INPUT0'), three('INPUT0')], DATA, DATA)),
  ask('inputs: without a name', added([three(''), three('INPUT1')], DATA, DATA)),
  ask(
    'inputs: batch sizes differ',
    added([three('INPUT0'), input('INPUT1', 'INT32', [2, 3])], DATA, ints(1, 2, 3, 4, 5, 6)),
  ),
  ask(
    'inputs: wrong datatypes on both',
    added([three('INPUT1', 'INT64'), three('INPUT0', 'FP32')], Buffer.alloc(24), DATA),
  ),
  ask(
    'inputs: optional one given',
    infer('optional_input', {
      inputs: [input('INPUT0', 'FP32', [2]), input('INPUT1', 'FP32', [2])],
      raw: [floats(1, 2), floats(3, 4)],
    }),
  ),
  ask('inputs: optional model without any', infer('optional_input', {})),
  ask(
    'outputs: one of two',
    infer('add_sub', { inputs: both, outputs: [output('OUTPUT1')], raw: [DATA, DATA] }),
  ),
  ask(
    'outputs: in the other order',
    infer('add_sub', { inputs: both, outputs: [output('OUTPUT1'), output('OUTPUT0')], raw: [DATA, DATA] }),
  ),
  ask('outputs: unknown', infer('add_sub', { inputs: both, outputs: [output('OTHER')], raw: [DATA, DATA] })),
  ask(
    'outputs: without a name',
    infer('add_sub', { inputs: both, outputs: [output('')], raw: [DATA, DATA] }),
  ),
  ask(
    'outputs: the same twice',
    infer('add_sub', { inputs: both, outputs: [output('OUTPUT0'), output('OUTPUT0')], raw: [DATA, DATA] }),
  ),
  ask('outputs: unknown before a missing input', infer('add_sub', { outputs: [output('OTHER')] })),
  ask(
    'strings: in a batch',
    infer('batch_strings', {
      inputs: [input('INPUT0', 'BYTES', [2, 2])],
      raw: [strings('a', 'bb', '', 'ä')],
    }),
  ),
  ask(
    'strings: a byte count that fits no batch',
    infer('batch_strings', { inputs: [input('INPUT0', 'BYTES', [2, 2])], raw: [strings('a')] }),
  ),
  ...['my id', 'ü', 'with "quotes"', 'x'.repeat(300)].flatMap((id) => [
    ask(`id: ${id.slice(0, 20)}`, infer('versions', { ...GOOD, id })),
    ask(
      `id: ${id.slice(0, 20)}, in an error`,
      infer('batch_fp32', { id, inputs: [input('INPUT0', 'FP32', [1, 5])], raw: [Buffer.alloc(20)] }),
    ),
  ]),
  ask('decoupled: by a unary call', infer('decoupled', GOOD)),
  ask('decoupled: by a unary call with a mistake', infer('decoupled', { inputs: [] })),
  ask(
    'size: a megabyte',
    infer('identity_fp32', {
      inputs: [input('INPUT0', 'FP32', [262_144])],
      raw: [Buffer.alloc(1 << 20, 63)],
    }),
  ),
  ask(
    'size: eight megabytes',
    infer('identity_fp32', {
      inputs: [input('INPUT0', 'FP32', [2_097_152])],
      raw: [Buffer.alloc(8 << 20, 63)],
    }),
  ),
];
