// What scripts collect with azureml.monitoring and azureml.ai.monitoring: the files, by the real packages with our
// storage behind them and by our stand-ins. The same calls must leave the same content.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startScorePool } from '../../../src/python/index.ts';
import { listCollected } from '../../../src/workspace/index.ts';
import { ask, ENVIRONMENT, Project, post, textOf } from './project.ts';
import { hasRealServer } from './real-server.ts';
import { withoutPackages } from './without-packages.ts';

let project: Project;
afterEach(() => project?.[Symbol.asyncDispose]());

const CSV = `
import warnings
import numpy as np, pandas as pd
from azureml.monitoring import ModelDataCollector
def init():
    pass
def run(data):
    warnings.simplefilter("ignore")
    inputs = ModelDataCollector("digits", designation="inputs", feature_names=["a", "b"])
    told = inputs.collect([1, "q,\\"é"], "user") if data != "frame" else inputs.collect(pd.DataFrame({"x": [1], "y": ["z"]}))
    if told is None:
        return None
    inputs.collect(np.array([[1.5, 2], [3, 4]]))
    predictions = ModelDataCollector("digits", designation="predictions", feature_names=["r"], model_version="3")
    predictions.collect(predictions.add_correlations([5], told))
    frames = ModelDataCollector("digits", designation="signals", collection_name="frames", workspace="S/G/W")
    frames.collect(frames.add_correlations(pd.DataFrame({"x": [1, 2]}), told))
    labels = ModelDataCollector("digits", designation="labels", workspace="S/G/W", model_version=2)
    labels.collect([7])
    labels.collect(pd.DataFrame({"x": [1.0, None]}))
    yesterday = dict(told, **{ModelDataCollector.AML_DC_SCORING_TIMESTAMP_HEADER: "2026-01-02T03:04:05"})
    predictions.collect(predictions.add_correlations(np.array([[5], [6]]), yesterday))
    mine = ModelDataCollector("../up", feature_names=["r", "s"], collection_name="mine")
    mine.collect(np.array([1, 2]))
    mine.collect([b"x", None])
    return [sorted(told), inputs.collect("text"), mine.collect(5)]
`;

const JSON_LINES = `
import pandas as pd
from azureml.ai.monitoring import Collector
def init():
    pass
def run(data):
    errors = []
    tell = lambda error: errors.append("%s: %s" % (type(error).__name__, error))
    inputs = Collector(name="model_inputs", on_error=tell)
    outputs = Collector(name="model_outputs", on_error=tell)
    context = inputs.collect(pd.DataFrame({"a": [1, 2], "b": ["é", None]}))
    outputs.collect(pd.DataFrame({"r": [0.5]}), context)
    inputs.collect([1])
    Collector(name="", on_error=tell)
    try:
        Collector(name="other").collect(5)
    except Exception as error:
        tell(error)
    import time
    time.sleep(0.3)  # the real package writes from a thread
    return errors
`;

/** Values that differ from run to run. */
const VARYING = /[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z?/g;

async function collect(script: string, environment: Record<string, string>, body = '') {
  project = await Project.create(script);
  if (environment.CONFIG !== undefined) {
    const file = await project.write('mdc.json', environment.CONFIG);
    environment = { ...environment, AZUREML_MDC_CONFIG_PATH: file };
  }
  const options = project.options({ environment: { ...ENVIRONMENT, ...environment } });
  const pool = await startScorePool(options, AbortSignal.timeout(30_000));
  const answer = textOf(await ask(pool, post(body)));
  await pool[Symbol.asyncDispose]();
  const files: Record<string, string> = {};
  for (const file of await listCollected(options.dataDirectory)) {
    const text = await readFile(path.join(options.dataDirectory, file.path), 'utf8');
    const undated = file.path.replace('2026/01/02', 'YESTERDAY');
    files[undated.replace(/\d{4}\/\d\d\/\d\d(\/\d\d)?/, 'DATE')] = text.replace(VARYING, 'VARIES');
  }
  await project[Symbol.asyncDispose]();
  return { answer: answer.replace(VARYING, 'VARIES'), files };
}

const ON = { AML_MODEL_DC_STORAGE_ENABLED: 'true' };

describe.skipIf(!hasRealServer)('ModelDataCollector', () => {
  it.each(['', 'frame'])('writes what the real one sends, for %j', async (body) => {
    const real = await collect(CSV, { ...ON, SERVICE_NAME: 'svc' }, body);
    expect(Object.keys(real.files).sort()).toEqual([
      'modeldata/default/default/default/svc/.._up/default/general/DATE/mine.csv',
      'modeldata/default/default/default/svc/digits/default/inputs/DATE/inputs.csv',
      'modeldata/default/default/default/svc/digits/default/predictions/DATE/predictions.csv',
      'modeldata/default/default/default/svc/digits/default/predictions/YESTERDAY/predictions.csv',
      'modeldata/default/default/default/svc/digits/default/signals/DATE/frames.csv',
      'modeldata/s/g/w/svc/digits/2/labels/DATE/labels.csv',
    ]);
    expect(await collect(withoutPackages('azureml') + CSV, { ...ON, SERVICE_NAME: 'svc' }, body)).toEqual(
      real,
    );
  });

  it.each(['', withoutPackages('azureml')])('is silent unless it is switched on', async (head) => {
    expect(await collect(head + CSV, {})).toEqual({ answer: '{}', files: {} });
  });
});

describe.skipIf(!hasRealServer)('Collector', () => {
  const half = JSON.stringify({
    collections: {
      model_inputs: { enabled: true },
      model_outputs: { enabled: true, sampleRatePercentage: 0 },
      request: { enabled: true },
    },
  });
  const settings: readonly (readonly [string, Record<string, string>])[] = [
    ['switched on', { AZUREML_MDC_ENABLED: 'true' }],
    ['switched off', {}],
    ['configured', { CONFIG: half }],
    ['configured for requests alone', { CONFIG: '{"collections": {"request": {"enabled": true}}}' }],
  ];
  it.each(settings)('writes what the real one sends: %s', async (_name, environment) => {
    const real = await collect(JSON_LINES, environment);
    expect(await collect(withoutPackages('azureml') + JSON_LINES, environment)).toEqual(real);
    if (environment.AZUREML_MDC_ENABLED === undefined) return;
    const lines = Object.entries(real.files);
    expect(lines.map(([file]) => file).sort()).toEqual([
      'modelDataCollector/default/default/model_inputs/DATE/local.jsonl',
      'modelDataCollector/default/default/model_outputs/DATE/local.jsonl',
    ]);
    const record = JSON.parse(
      real.files['modelDataCollector/default/default/model_inputs/DATE/local.jsonl'] ?? '',
    );
    expect(record).toMatchObject({
      specversion: '1.0',
      type: 'azureml.inference.model_inputs',
      datacontenttype: 'application/json',
      data: [
        { a: 1, b: 'é' },
        { a: 2, b: null },
      ],
      collectdatatype: expect.stringContaining('DataFrame'),
    });
  });
});

it('keeps lines and header whole when several workers collect at once', async () => {
  project = await Project.create(`
from azureml.monitoring import ModelDataCollector
def init():
    global collector
    collector = ModelDataCollector("m", feature_names=["text"])
def run(data):
    for n in range(50):
        collector.collect([data * 5000])
`);
  const environment = { ...ENVIRONMENT, ...ON };
  const options = project.options({ workers: 3, environment });
  const pool = project.use(await startScorePool(options, AbortSignal.timeout(30_000)));
  await Promise.all(['a', 'b', 'c'].map((letter) => ask(pool, post(letter))));
  const [file] = await listCollected(options.dataDirectory);
  const text = await readFile(path.join(options.dataDirectory, file?.path ?? ''), 'utf8');
  const [header, ...lines] = text.trimEnd().split('\r\n');
  expect(header).toBe('text');
  expect(lines).toHaveLength(150);
  for (const line of lines) expect(line).toMatch(/^(a{5000}|b{5000}|c{5000})$/);
});
