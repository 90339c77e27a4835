// Trace and log settings: what is read and set, and what is refused.
import { ask, call, type GrpcCase } from './case.ts';

const TRACE: readonly (readonly [what: string, settings: object])[] = [
  ['nothing', {}],
  ['levels', { trace_level: { value: ['TIMESTAMPS', 'TENSORS'] } }],
  ['a level twice', { trace_level: { value: ['TIMESTAMPS', 'TIMESTAMPS'] } }],
  ['level OFF', { trace_level: { value: ['OFF'] } }],
  ['levels with OFF', { trace_level: { value: ['OFF', 'TIMESTAMPS'] } }],
  ['an unknown level', { trace_level: { value: ['NONE'] } }],
  ['no level', { trace_level: { value: [] } }],
  ['a rate', { trace_rate: { value: ['5'] } }],
  ['two rates', { trace_rate: { value: ['5', '6'] } }],
  ['no rate', { trace_rate: { value: [] } }],
  ['a rate of letters', { trace_rate: { value: ['x'] } }],
  ['an empty rate', { trace_rate: { value: [''] } }],
  ['a negative rate', { trace_rate: { value: ['-1'] } }],
  ['a rate beyond the limit', { trace_rate: { value: ['99999999999999999999'] } }],
  ['a count', { trace_count: { value: ['10'] } }],
  ['two counts', { trace_count: { value: ['10', '11'] } }],
  ['a count below the limit', { trace_count: { value: ['-2'] } }],
  ['a count of letters', { trace_count: { value: ['x'] } }],
  ['a count beyond the limit', { trace_count: { value: ['99999999999999999999'] } }],
  ['no count', { trace_count: { value: [] } }],
  ['a frequency', { log_frequency: { value: ['3'] } }],
  ['two frequencies', { log_frequency: { value: ['3', '4'] } }],
  ['a frequency of letters', { log_frequency: { value: ['x'] } }],
  ['no frequency', { log_frequency: { value: [] } }],
  ['a file', { trace_file: { value: ['x'] } }],
  ['no file', { trace_file: { value: [] } }],
  ['a mode', { trace_mode: { value: ['opentelemetry'] } }],
  ['an unknown key', { unknown: { value: ['1'] } }],
  ['an unknown key without a value', { unknown: { value: [] } }],
  ['an empty key', { '': { value: ['1'] } }],
];

const LOG: readonly (readonly [what: string, settings: object])[] = [
  ['nothing', {}],
  ...[
    'log_info',
    'log_warning',
    'log_error',
    'log_verbose_level',
    'log_format',
    'log_file',
    'unknown',
  ].flatMap(
    (key) =>
      [
        [`${key} false`, { [key]: { bool_param: false } }],
        [`${key} true`, { [key]: { bool_param: true } }],
        [`${key} 0`, { [key]: { uint32_param: 0 } }],
        [`${key} as text`, { [key]: { string_param: 'text' } }],
        [`${key} without a value`, { [key]: {} }],
      ] as const,
  ),
  ['log_verbose_level 1', { log_verbose_level: { uint32_param: 1 } }],
  ['log_verbose_level back at 0', { log_verbose_level: { uint32_param: 0 } }],
  ['log_format ISO8601', { log_format: { string_param: 'ISO8601' } }],
  ['log_format default', { log_format: { string_param: 'default' } }],
  ['two at once', { log_info: { bool_param: false }, log_warning: { bool_param: true } }],
  ['one right and one wrong', { log_error: { bool_param: true }, log_format: { string_param: 'x' } }],
];

const trace = (settings: object, model_name = '') => call('TraceSetting', { settings, model_name });

export const SETTINGS_CASES: readonly GrpcCase[] = [
  ...TRACE.map(([what, settings]) => ask(`trace: ${what}`, trace(settings), trace({}))),
  ...TRACE.map(([what, settings]) =>
    ask(`trace of a model: ${what}`, trace(settings, 'add_sub'), trace({}, 'add_sub')),
  ),
  ask(
    'trace of a model: shows what is set globally until it sets its own',
    trace({ trace_rate: { value: ['11'] }, trace_count: { value: ['12'] } }),
    trace({ trace_rate: { value: ['21'] } }, 'add_sub'),
    trace({}, 'add_sub'),
    trace({}, 'batch_fp32'),
    trace({ trace_rate: { value: ['13'] } }),
    trace({}, 'add_sub'),
    trace({ trace_rate: { value: [] } }, 'add_sub'),
    trace({}, 'add_sub'),
    trace({ trace_rate: { value: [] }, trace_count: { value: [] } }),
    trace({}),
  ),
  ask('trace of a model: unknown', trace({ trace_rate: { value: ['1'] } }, 'nothing'), trace({}, 'nothing')),
  ...LOG.map(([what, settings]) =>
    ask(`log: ${what}`, call('LogSettings', { settings }), call('LogSettings', {})),
  ),
];
