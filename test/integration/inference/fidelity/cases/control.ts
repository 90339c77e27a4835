// Repository index, load and unload (docs/reference/triton.md#model-control), versions, overrides, statistics.
import type { WireRequest } from '../exchange.ts';
import { addModel, type PeerVersion, pythonModel } from '../models.ts';
import { ask, type FidelityCase, get, infer, input, post } from './case.ts';

const index = (body: unknown = '') =>
  post('/v2/repository/index', typeof body === 'string' ? body : JSON.stringify(body));
/** The index once nothing is on its way any more. */
const settledIndex = (): WireRequest => ({ ...index(), until: /^(?!.*(LOADING))/s });
const load = (model: string, parameters?: unknown) =>
  post(`/v2/repository/models/${model}/load`, parameters === undefined ? '' : JSON.stringify({ parameters }));
const unload = (model: string, parameters?: unknown) =>
  post(
    `/v2/repository/models/${model}/unload`,
    parameters === undefined ? '' : JSON.stringify({ parameters }),
  );
const ready = (model: string) => get(`/v2/models/${model}/ready`);
const add = (model: string, version = '') =>
  post(
    `/v2/models/${model}${version}/infer`,
    JSON.stringify({ inputs: [input('INPUT0', 'FP32', [2], [1, 2])] }),
  );

const INDEX_BODIES = [
  '',
  '{}',
  '{',
  '[]',
  'null',
  '{"ready":true}',
  '{"ready":false}',
  '{"ready":1}',
  '{"ready":"true"}',
  '{"ready":null}',
  '{"other":1}',
];

const CONTROL_BODIES = [
  '',
  '{}',
  '{',
  '[]',
  'null',
  '{"parameters":{}}',
  '{"parameters":null}',
  '{"parameters":[]}',
  '{"parameters":1}',
  '{"other":1}',
  '{"parameters":{"unknown":"x"}}',
  '{"parameters":{"config":1}}',
  '{"parameters":{"config":null}}',
  '{"parameters":{"config":{}}}',
  '{"parameters":{"config":""}}',
  '{"parameters":{"config":"{"}}',
  '{"parameters":{"config":"[]"}}',
  '{"parameters":{"config":"{\\"no_such_field\\":1}"}}',
  '{"parameters":{"config":"{\\"name\\":\\"other\\"}"}}',
  '{"parameters":{"file:1/x":"AAAA"}}',
  '{"parameters":{"file:1/x":1}}',
  '{"parameters":{"unload_dependents":true}}',
];

const UNLOAD_BODIES = [
  '{',
  '[]',
  '{"parameters":{"unload_dependents":1}}',
  '{"parameters":{"unload_dependents":"true"}}',
  '{"parameters":{"unload_dependents":null}}',
  '{"parameters":{"unload_dependents":true}}',
  '{"parameters":{"unload_dependents":false}}',
  '{"parameters":{"other":1}}',
  '{"parameters":1}',
];

const NAMES = ['nothing', '%20', '%2e%2e', 'a%2Fb', 'x', 'add_sub%00'];

const CONFIG = (extra: object) =>
  JSON.stringify({
    name: 'control',
    input: [{ name: 'INPUT0', data_type: 'TYPE_FP32', dims: [2] }],
    output: [{ name: 'OUTPUT0', data_type: 'TYPE_FP32', dims: [2] }],
    instance_group: [{ count: 1, kind: 'KIND_CPU' }],
    ...extra,
  });

const [SENT] = Object.values(addModel('sent', { '1': 5 }).versions);

/** A load with files in the request: `model.py` there, `model.onnx` here. */
function loadFiles(
  model: string,
  {
    config,
    file = '1/',
    content = SENT,
  }: { config?: string; file?: string; content?: PeerVersion | undefined },
): WireRequest {
  const parameters = (name: string, data: string | Uint8Array) => ({
    ...(config === undefined ? {} : { config }),
    [`file:${file}${name}`]: Buffer.from(data).toString('base64'),
  });
  const real = load(model, parameters('model.py', pythonModel(content?.python ?? '')));
  const ours = load(model, parameters('model.onnx', content?.onnx ?? ''));
  return { ...real, oursBytes: ours.bytes };
}

const SENT_CONFIG = CONFIG({ name: 'sent' });

export const CONTROL_CASES: readonly FidelityCase[] = [
  ...INDEX_BODIES.map((body) => ask(`index: ${JSON.stringify(body)}`, index(body))),
  ask('index: of a named repository', post('/v2/repository/name/index')),
  ...CONTROL_BODIES.map((body) =>
    ask(`load: body ${body || '(empty)'}`, post('/v2/repository/models/control/load', body), settledIndex()),
  ),
  ...UNLOAD_BODIES.map((body) =>
    ask(`unload: body ${body}`, post('/v2/repository/models/nothing/unload', body)),
  ),
  ...NAMES.map((name) => ask(`load: name ${name}`, load(name))),
  ...NAMES.map((name) => ask(`unload: name ${name}`, unload(name))),
  ask('load: of a named repository', post('/v2/repository/name/models/control/load')),
  ask('unload: of a named repository', post('/v2/repository/name/models/control/unload')),
  ask('load: again, unchanged', load('control'), add('control'), settledIndex()),
  ask(
    'unload: then every endpoint of the model',
    unload('control'),
    settledIndex(),
    ready('control'),
    get('/v2/models/control'),
    get('/v2/models/control/config'),
    get('/v2/models/control/stats'),
    get('/v2/models/control/versions/2'),
    get('/v2/models/control/versions/2/ready'),
    get('/v2/models/control/versions/2/stats'),
    get('/v2/models/control/versions/9'),
    add('control'),
    add('control', '/versions/2'),
    add('control', '/versions/9'),
    index({ ready: true }),
    get('/v2/health/ready'),
    get('/v2/models/control/trace/setting'),
  ),
  ask('unload: twice', unload('control'), settledIndex(), unload('control'), settledIndex()),
  ask('load: after an unload', load('control'), ready('control'), add('control'), settledIndex()),
  ask(
    'load: with a config that takes other versions',
    load('control', { config: CONFIG({ version_policy: { all: {} } }) }),
    settledIndex(),
    add('control', '/versions/1'),
    add('control', '/versions/2'),
    get('/v2/models/control'),
    get('/v2/models/control/config'),
  ),
  ask(
    'load: without a config after one with it reads the disk again',
    load('control'),
    settledIndex(),
    get('/v2/models/control/config'),
  ),
  ask(
    'load: with a specific version',
    load('control', { config: CONFIG({ version_policy: { specific: { versions: [1] } } }) }),
    settledIndex(),
    add('control'),
    add('control', '/versions/2'),
    get('/v2/models/control/versions/2/ready'),
  ),
  ask(
    'load: with versions that are not there',
    load('control', { config: CONFIG({ version_policy: { specific: { versions: [7] } } }) }),
    settledIndex(),
    add('control'),
  ),
  ask(
    'load: with a config that fits no model file keeps the old one',
    load('control', { config: CONFIG({ max_batch_size: -1 }) }),
    ready('control'),
    add('control'),
    settledIndex(),
    get('/v2/health/ready'),
  ),
  ask(
    'load: the disk config again after unload',
    unload('control'),
    settledIndex(),
    load('control'),
    get('/v2/models/control/config'),
    settledIndex(),
    add('control'),
  ),
  ask(
    'files: a model that is not on disk',
    loadFiles('sent', { config: SENT_CONFIG }),
    ready('sent'),
    get('/v2/models/sent/config'),
    add('sent'),
    settledIndex(),
    load('sent'),
    add('sent'),
    unload('sent'),
    settledIndex(),
    load('sent'),
    ready('sent'),
  ),
  ask('files: without a config', loadFiles('sent', {}), ready('sent'), settledIndex()),
  ask('files: config of another name', loadFiles('sent', { config: CONFIG({ name: 'other' }) })),
  ask(
    'files: another version',
    loadFiles('sent', { config: SENT_CONFIG, file: '3/' }),
    get('/v2/models/sent'),
    unload('sent'),
    settledIndex(),
  ),
  ask(
    'files: over a model on disk, then the disk again',
    loadFiles('control', { config: CONFIG({}) }),
    add('control'),
    settledIndex(),
    load('control'),
    add('control'),
    settledIndex(),
  ),
  ask('files: no version folder', loadFiles('sent', { config: SENT_CONFIG, file: '' }), ready('sent')),
  ask(
    'statistics: of all versions',
    load('control', { config: CONFIG({ version_policy: { all: {} }, max_batch_size: 0 }) }),
    add('control', '/versions/1'),
    add('control'),
    add('control'),
    // Triton counts a request after it has answered it.
    {
      ...get('/v2/models/control/stats'),
      until: /"batch_stats":\[\{"batch_size":1,"compute_input":\{"count":2/,
    },
    get('/v2/models/control/versions/1/stats'),
    get('/v2/models/control/versions/7/stats'),
  ),
  ...['warm', 'warm_three', 'warm_batch'].map((model) =>
    ask(`statistics: of ${model}, which was warmed up`, get(`/v2/models/${model}/stats`)),
  ),
  ask(
    'statistics: a request that validation refuses counts nowhere',
    infer('control', { inputs: [] }),
    infer('control', '{'),
    get('/v2/models/control/stats'),
  ),
  ask(
    'statistics: start again with a new load',
    unload('control'),
    settledIndex(),
    load('control'),
    get('/v2/models/control/stats'),
  ),
];
