// Repository index, loads, unloads and statistics; they change what is loaded and come last.
import { ask, call, floats, GOOD, type GrpcCase, type GrpcRequest, infer, input } from './case.ts';

const index = (message: object = {}) => call('RepositoryIndex', message);
/** The index once nothing is on its way any more. */
const settled = (): GrpcRequest => ({ ...index(), until: /^(?!.*LOADING)/s });
const load = (model_name: string, parameters: object = {}, more: object = {}) =>
  call('RepositoryModelLoad', { model_name, parameters, ...more });
const unload = (model_name: string, parameters: object = {}, more: object = {}) =>
  call('RepositoryModelUnload', { model_name, parameters, ...more });
const ready = (name: string, version = '') => call('ModelReady', { name, version });

const config = (extra: object): object => ({
  config: {
    string_param: JSON.stringify({
      name: 'control',
      input: [{ name: 'INPUT0', data_type: 'TYPE_FP32', dims: [2] }],
      output: [{ name: 'OUTPUT0', data_type: 'TYPE_FP32', dims: [2] }],
      instance_group: [{ count: 1, kind: 'KIND_CPU' }],
      ...extra,
    }),
  },
});

const PARAMETERS: readonly (readonly [what: string, parameters: object])[] = [
  ['an unknown key', { unknown: { string_param: 'x' } }],
  ['an unknown key without a value', { unknown: {} }],
  ['an empty key', { '': { string_param: 'x' } }],
  ['a config of true', { config: { bool_param: true } }],
  ['a config of a number', { config: { int64_param: '1' } }],
  ['a config of bytes', { config: { bytes_param: Buffer.from('{}') } }],
  ['a config without a value', { config: {} }],
  ['an empty config', { config: { string_param: '' } }],
  ['half a config', { config: { string_param: '{' } }],
  ['a config that is a list', { config: { string_param: '[]' } }],
  ['a config with an unknown field', { config: { string_param: '{"no_such_field":1}' } }],
  ['a config of another name', { config: { string_param: '{"name":"other"}' } }],
  ['a file as text', { 'file:1/x': { string_param: 'x' } }],
  ['a file without a config', { 'file:1/x': { bytes_param: Buffer.from('x') } }],
  ['a file of a number', { 'file:1/x': { int64_param: '1' } }],
  ['unload_dependents', { unload_dependents: { bool_param: true } }],
];
const UNLOAD: readonly (readonly [what: string, parameters: object])[] = [
  ['true', { unload_dependents: { bool_param: true } }],
  ['false', { unload_dependents: { bool_param: false } }],
  ['a number', { unload_dependents: { int64_param: '1' } }],
  ['a text', { unload_dependents: { string_param: 'true' } }],
  ['no value', { unload_dependents: {} }],
];
const NAMES = ['', 'nothing', 'a/b', 'ü', ' ', 'add_sub '];

export const CONTROL_CASES: readonly GrpcCase[] = [
  ask('index: all', index()),
  ask('index: ready ones', index({ ready: true })),
  ask('index: of a named repository', index({ repository_name: 'x' })),
  ask('index: ready ones of a named repository', index({ repository_name: 'x', ready: true })),
  ...NAMES.flatMap((name) => [
    ask(`load: model "${name}"`, load(name)),
    ask(`unload: model "${name}"`, unload(name)),
  ]),
  ask('load: of a named repository', load('control', {}, { repository_name: 'x' })),
  ask('unload: of a named repository', unload('control', {}, { repository_name: 'x' })),
  ...PARAMETERS.map(([what, parameters]) =>
    ask(`load: with ${what}`, load('control', parameters), settled()),
  ),
  ...UNLOAD.map(([what, parameters]) =>
    ask(`unload: unload_dependents with ${what}`, unload('nothing', parameters)),
  ),
  ask('unload: an unknown key', unload('nothing', { other: { bool_param: true } })),
  ask('load: again, unchanged', load('control'), infer('control', GOOD), settled()),
  ask(
    'unload: then everything about the model',
    unload('control'),
    settled(),
    ready('control'),
    ready('control', '2'),
    call('ModelMetadata', { name: 'control' }),
    call('ModelConfig', { name: 'control' }),
    call('ModelStatistics', { name: 'control' }),
    call('ModelStatistics', { name: 'control', version: '2' }),
    infer('control', GOOD),
    infer('control', { ...GOOD, version: '2' }),
    infer('control', { ...GOOD, version: '9' }),
    index({ ready: true }),
    call('ServerReady'),
    call('TraceSetting', { model_name: 'control' }),
  ),
  ask('unload: twice', unload('control'), settled()),
  ask('load: after an unload', load('control'), ready('control'), infer('control', GOOD), settled()),
  ask(
    'load: with a config that takes other versions',
    load('control', config({ version_policy: { all: {} } })),
    settled(),
    infer('control', { ...GOOD, version: '1' }),
    infer('control', { ...GOOD, version: '2' }),
    call('ModelMetadata', { name: 'control' }),
    call('ModelConfig', { name: 'control' }),
  ),
  ask(
    'load: without a config reads the disk again',
    load('control'),
    settled(),
    call('ModelConfig', { name: 'control' }),
  ),
  ask(
    'load: with versions that are not there',
    load('control', config({ version_policy: { specific: { versions: [7] } } })),
    settled(),
    infer('control', GOOD),
  ),
  ask(
    'load: with a config that fails keeps the old one',
    load('control', config({ max_batch_size: -1 })),
    ready('control'),
    infer('control', GOOD),
    settled(),
  ),
  ask(
    'load: the disk config again after an unload',
    unload('control'),
    settled(),
    load('control'),
    settled(),
  ),
  ask(
    'statistics: after batches',
    ...[1, 1, 3].map((rows) =>
      infer('warm_batch', { inputs: [input('INPUT0', 'FP32', [rows, 4])], raw: [Buffer.alloc(rows * 16)] }),
    ),
    infer('warm_batch', { inputs: [input('INPUT0', 'FP32', [1, 5])], raw: [floats(1, 2, 3, 4, 5)] }),
    { ...call('ModelStatistics', { name: 'warm_batch' }), until: /"batch_size":"3"/ },
  ),
  ask(
    'statistics: after successes and a refusal',
    infer('warm', GOOD),
    infer('warm', GOOD),
    infer('warm', { ...GOOD, raw: [] }),
    { ...call('ModelStatistics', { name: 'warm' }), until: /"success":\{"count":"5"/ },
  ),
];
