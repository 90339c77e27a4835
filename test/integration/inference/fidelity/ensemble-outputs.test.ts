import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realTriton, skipLoudly } from '../../../helpers/triton.ts';
import { get } from './cases/case.ts';
import { PREAMBLE, pythonFiles } from './repositories/python-files.ts';
import {
  askShared,
  infer,
  type RepositoryFiles,
  type SharedRepository,
  startOnSharedRepository,
} from './shared-repository.ts';

if (!realTriton) skipLoudly('the comparison of the outputs of ensembles with the real Triton');

const NUMBER = 'data_type: TYPE_FP32 dims: [ 3 ]';
const tensors = (kind: string, names: readonly string[], more = '') =>
  names.map((name) => `${kind} [ { name: "${name}" ${NUMBER} ${more} } ]\n`).join('');

/** Sums its inputs; each output is one more than the one before. */
const member = (name: string, inputs: readonly string[], outputs: readonly string[], more = '') =>
  pythonFiles(
    name,
    `${PREAMBLE}class TritonPythonModel:
    def execute(self, requests):
        sums = [sum(t.as_numpy() for t in r.inputs()) for r in requests]
        return [pb.InferenceResponse([pb.Tensor(o, s + i) for i, o in enumerate(${JSON.stringify(outputs)})]) for s in sums]
`,
    tensors('input', inputs) + tensors('output', outputs, more),
  );

type Maps = Readonly<Record<string, string>>;
interface Ensemble {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly steps: readonly (readonly [model: string, inputs: Maps, outputs: Maps])[];
}

const ENSEMBLES: Readonly<Record<string, Ensemble>> = {
  chain: {
    inputs: ['I'],
    outputs: ['P', 'Q', 'R'],
    steps: [
      ['one', { a: 'I' }, { x: 'P' }],
      ['one', { a: 'P' }, { x: 'Q' }],
      ['one', { a: 'Q' }, { x: 'R' }],
    ],
  },
  branches: {
    inputs: ['I', 'J'],
    outputs: ['P', 'Q'],
    steps: [
      ['one', { a: 'I' }, { x: 'P' }],
      ['one', { a: 'J' }, { x: 'Q' }],
    ],
  },
  fan: {
    inputs: ['I'],
    outputs: ['P', 'Q', 'R'],
    steps: [
      ['two', { a: 'I' }, { x: 'm', y: 'n' }],
      ['one', { a: 'm' }, { x: 'P' }],
      ['one', { a: 'n' }, { x: 'Q' }],
      ['join', { a: 'm', b: 'n' }, { x: 'R' }],
    ],
  },
  read_and_given: {
    inputs: ['I'],
    outputs: ['P', 'Q', 'R'],
    steps: [
      ['two', { a: 'I' }, { x: 'P', y: 'Q' }],
      ['one', { a: 'P' }, { x: 'R' }],
    ],
  },
  diamond: {
    inputs: ['I', 'J'],
    outputs: ['P', 'Q', 'R'],
    steps: [
      ['one', { a: 'I' }, { x: 'm' }],
      ['two', { a: 'm' }, { x: 'P', y: 'k' }],
      ['join', { a: 'k', b: 'J' }, { x: 'Q' }],
      ['join', { a: 'J', b: 'I' }, { x: 'R' }],
    ],
  },
  labelled: { inputs: ['I'], outputs: ['P'], steps: [['names', { a: 'I' }, { x: 'P' }]] },
  labelled_deeper: { inputs: ['I'], outputs: ['P'], steps: [['labelled', { I: 'I' }, { P: 'P' }]] },
};

const MEMBERS = {
  ...member('one', ['a'], ['x']),
  ...member('two', ['a'], ['x', 'y']),
  ...member('join', ['a', 'b'], ['x']),
  ...member('names', ['a'], ['x'], 'label_filename: "names.txt"'),
  'names/names.txt': 'cat\ndog\n',
};

function ensembleFiles(name: string, { inputs, outputs, steps }: Ensemble): RepositoryFiles {
  const map = (kind: string, entries: Maps) =>
    Object.entries(entries)
      .map(([key, value]) => `${kind} { key: "${key}" value: "${value}" }`)
      .join(' ');
  const step = ([model, from, to]: Ensemble['steps'][number]) =>
    `  step [ { model_name: "${model}" model_version: -1 ${map('input_map', from)} ${map('output_map', to)} } ]\n`;
  const config = `platform: "ensemble"\n${tensors('input', inputs)}${tensors('output', outputs)}ensemble_scheduling {\n${steps.map(step).join('')}}\n`;
  return { [`${name}/config.pbtxt`]: config, [`${name}/1/.keep`]: '' };
}

describe.skipIf(!realTriton)('ensembles asked for some of their outputs', () => {
  let pair: SharedRepository;

  beforeAll(async () => {
    const ensembles = Object.entries(ENSEMBLES).map(([name, ensemble]) => ensembleFiles(name, ensemble));
    pair = await startOnSharedRepository(realTriton ?? '', Object.assign({}, MEMBERS, ...ensembles), 'none');
  });
  afterAll(() => pair?.[Symbol.asyncDispose]());

  it.each(Object.entries(ENSEMBLES))('%s: gives each choice of them alike', async (name, ensemble) => {
    for (const outputs of choices(ensemble.outputs)) await alike(name, ensemble, outputs, {});
  });

  it.each(['labelled', 'labelled_deeper'])('%s: classifies with the labels of its member', async (name) => {
    const ensemble = ENSEMBLES[name];
    if (ensemble) await alike(name, ensemble, ['P'], { classification: 3 });
  });

  it('runs the same steps for them', async () => {
    await vi.waitFor(
      async () => {
        for (const name of ['one', 'two', 'join']) {
          const [real, ours] = await askShared(pair, get(`/v2/models/${name}/stats`));
          expect([name, executions(ours.body)]).toEqual([name, executions(real.body)]);
        }
      },
      { timeout: 20_000, interval: 200 },
    );
  });

  async function alike(
    name: string,
    { inputs }: Ensemble,
    outputs: readonly string[],
    parameters: object,
  ): Promise<void> {
    const [real, ours] = await askShared(
      pair,
      infer(name, {
        inputs: inputs.map((input) => ({ name: input, datatype: 'FP32', shape: [3], data: [3, 1, 2] })),
        outputs: outputs.map((output) => ({ name: output, parameters })),
      }),
    );
    expect([outputs, ours.status, steady(ours.body)]).toEqual([outputs, real.status, steady(real.body)]);
  }
});

/** Every choice of at least one. */
function choices(names: readonly string[]): string[][] {
  const all: string[][] = [];
  for (const name of names) all.push([name], ...all.map((others) => [...others, name]));
  return all;
}

/** Triton gives the outputs of an ensemble in no order. */
function steady(body: string): unknown {
  const { outputs, error } = JSON.parse(body) as { outputs?: { name: string }[]; error?: string };
  return error ?? outputs?.sort((a, b) => a.name.localeCompare(b.name));
}

function executions(body: string): unknown {
  return (JSON.parse(body) as { model_stats: { execution_count: number }[] }).model_stats[0]?.execution_count;
}
