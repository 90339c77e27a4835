import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceServer } from '../../../src/inference/index.ts';
import type { Datatype } from '../../../src/kserve/index.ts';
import { type OnnxGraph, onnxModel } from '../../helpers/onnx-writer.ts';
import { serve } from './golden-repository.ts';

const START =
  'control_input { name: "START" control { kind: CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } }';
const READY =
  'control_input { name: "READY" control { kind: CONTROL_SEQUENCE_READY int32_false_true: [ 0, 1 ] } }';
const CORRID =
  'control_input { name: "CORRID" control { kind: CONTROL_SEQUENCE_CORRID data_type: TYPE_INT64 } }';

const state = (dims: number, more = '', output = 'SUM') =>
  `state { input_name: "STATE" output_name: "${output}" data_type: TYPE_FP32 dims: [ ${dims} ] ${more} }`;
const initial = (dims: number, source: string) =>
  `initial_state { name: "first" data_type: TYPE_FP32 dims: [ ${dims} ] ${source} }`;

const floats = (shape: readonly (number | string)[]) => (name: string) => ({
  name,
  datatype: 'FP32' as const,
  shape,
});

/** Adds INPUT to what the sequence has so far; OUTPUT is the sum, and SUM, which clients do not see, its state. */
function summing(shape: readonly (number | string)[]): OnnxGraph {
  return {
    nodes: [
      { operator: 'Add', inputs: ['INPUT', 'STATE'], outputs: ['OUTPUT'] },
      { operator: 'Identity', inputs: ['OUTPUT'], outputs: ['SUM'] },
    ],
    inputs: ['INPUT', 'STATE'].map(floats(shape)),
    outputs: ['OUTPUT', 'SUM'].map(floats(shape)),
  };
}

/** Returns what it learns about the sequence. */
function telling(): OnnxGraph {
  const value = (name: string, datatype: Datatype) => ({ name, datatype, shape: ['n', 1] });
  const told: readonly (readonly [string, Datatype])[] = [
    ['INPUT', 'FP32'],
    ['START', 'INT32'],
    ['READY', 'INT32'],
    ['CORRID', 'INT64'],
  ];
  return {
    nodes: told.map(([name]) => ({ operator: 'Identity', inputs: [name], outputs: [`${name}_SEEN`] })),
    inputs: told.map(([name, datatype]) => value(name, datatype)),
    outputs: told.map(([name, datatype]) => value(`${name}_SEEN`, datatype)),
  };
}

const LARGE = 100_000;
const tensor = (kind: string, name: string, type: string, dims: number) =>
  `${kind} { name: "${name}" data_type: ${type} dims: [ ${dims} ] }\n`;
const sums = (dims: number) =>
  tensor('input', 'INPUT', 'TYPE_FP32', dims) + tensor('output', 'OUTPUT', 'TYPE_FP32', dims);

const MODELS: Readonly<Record<string, { readonly graph: OnnxGraph; readonly config: string }>> = {
  zeros: {
    graph: summing(['n', 1]),
    config: `max_batch_size: 4 ${sums(1)} sequence_batching { ${state(1)} }`,
  },
  oldest: {
    graph: summing(['n', 1]),
    config: `max_batch_size: 4 ${sums(1)} sequence_batching { oldest { max_candidate_sequences: 8 } ${state(1)} }`,
  },
  from_file: {
    graph: summing(['n', 1]),
    config: `max_batch_size: 4 ${sums(1)} sequence_batching { ${state(1, initial(1, 'data_file: "first"'))} }`,
  },
  seen: {
    graph: {
      ...summing(['n', 1]),
      nodes: summing(['n', 1]).nodes.slice(0, 1),
      outputs: [floats(['n', 1])('OUTPUT')],
    },
    config: `max_batch_size: 4 ${sums(1)} sequence_batching { ${state(1, '', 'OUTPUT')} }`,
  },
  large: {
    graph: summing([LARGE]),
    config: `max_batch_size: 0 ${sums(LARGE)} sequence_batching { ${state(LARGE)} }`,
  },
  growing: {
    graph: summing(['m']),
    config: `max_batch_size: 0 ${sums(-1)} sequence_batching { ${state(-1)} }`,
  },
  told: {
    graph: telling(),
    config: `max_batch_size: 4 instance_group { count: 1 kind: KIND_CPU }
${tensor('input', 'INPUT', 'TYPE_FP32', 1)}
${tensor('output', 'INPUT_SEEN', 'TYPE_FP32', 1)}${tensor('output', 'START_SEEN', 'TYPE_INT32', 1)}
${tensor('output', 'READY_SEEN', 'TYPE_INT32', 1)}${tensor('output', 'CORRID_SEEN', 'TYPE_INT64', 1)}
sequence_batching { ${START} ${READY} ${CORRID} }
model_warmup { name: "first" batch_size: 2 inputs { key: "INPUT" value { data_type: TYPE_FP32 dims: [ 1 ] zero_data: true } }
${['START', 'READY'].map((name) => `inputs { key: "${name}" value { data_type: TYPE_INT32 dims: [ 1 ] zero_data: true } }`).join('\n')}
inputs { key: "CORRID" value { data_type: TYPE_INT64 dims: [ 1 ] zero_data: true } } }`,
  },
};

describe('sequences over ONNX models', () => {
  const repository = mkdtempSync(path.join(tmpdir(), 'triton-local-sequences-'));
  let server: InferenceServer;

  beforeAll(async () => {
    for (const [name, { graph, config }] of Object.entries(MODELS)) {
      mkdirSync(path.join(repository, name, '1'), { recursive: true });
      writeFileSync(path.join(repository, name, '1', 'model.onnx'), onnxModel(graph));
      writeFileSync(path.join(repository, name, 'config.pbtxt'), `backend: "onnxruntime"\n${config}`);
    }
    mkdirSync(path.join(repository, 'from_file', 'initial_state'));
    writeFileSync(path.join(repository, 'from_file', 'initial_state', 'first'), Float32Array.of(100));
    server = await serve(repository, 'explicit');
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    rmSync(repository, { recursive: true, force: true });
  });

  const ask = async (model: string, id: number, flags: string, data: readonly number[], batches = true) => {
    const body = {
      parameters: {
        sequence_id: id,
        ...(flags.includes('S') ? { sequence_start: true } : {}),
        ...(flags.includes('E') ? { sequence_end: true } : {}),
      },
      inputs: [{ name: 'INPUT', datatype: 'FP32', shape: batches ? [1, data.length] : [data.length], data }],
    };
    const response = await fetch(`${server.httpUrl}/v2/models/${model}/infer`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as {
      readonly error: string;
      readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[];
    };
    if (!response.ok) return answer.error;
    const { outputs } = answer;
    return Object.fromEntries(outputs.map(({ name, data: values }) => [name, values]));
  };
  const sum = async (...asked: Parameters<typeof ask>) => {
    const answer = await ask(...asked);
    return typeof answer === 'string' ? answer : answer.OUTPUT?.[0];
  };

  it.each(['zeros', 'oldest'])(
    '%s: keeps the state of each sequence from request to request',
    async (model) => {
      expect(await sum(model, 1, 'S', [1])).toBe(1);
      expect(await sum(model, 2, 'S', [10])).toBe(10);
      expect(await sum(model, 1, '', [2])).toBe(3);
      expect(await Promise.all([sum(model, 2, '', [20]), sum(model, 1, '', [3])])).toEqual([30, 6]);
      expect(await sum(model, 2, 'E', [30])).toBe(60);
      expect(await sum(model, 1, 'S', [5])).toBe(5);
      expect(await sum(model, 1, 'E', [5])).toBe(10);
      expect(await sum(model, 1, '', [5])).toContain('must specify the START flag');
    },
  );

  it('begins with the initial state of a file', async () => {
    expect(await sum('from_file', 1, 'S', [1])).toBe(101);
    expect(await sum('from_file', 1, 'E', [1])).toBe(102);
    expect(await sum('from_file', 1, 'SE', [2])).toBe(102);
  });

  it('shows clients an output that is a state as well', async () => {
    expect(await sum('seen', 1, 'S', [4])).toBe(4);
    expect(await sum('seen', 1, 'E', [4])).toBe(8);
  });

  it('keeps large states, which go to other threads', async () => {
    const ones = new Array<number>(LARGE).fill(1);
    for (const [flags, expected] of [
      ['S', 1],
      ['', 2],
      ['', 3],
      ['S', 1],
      ['E', 2],
    ] as const)
      expect(await sum('large', 1, flags, ones, false)).toBe(expected);
  });

  it('lets a state take the shape that the model gives it, and keeps it when a run fails', async () => {
    expect(await ask('growing', 1, 'S', [1, 2, 3], false)).toEqual({ OUTPUT: [1, 2, 3] });
    expect(await ask('growing', 1, '', [1, 1, 1], false)).toEqual({ OUTPUT: [2, 3, 4] });
    expect(await ask('growing', 1, '', [1, 1], false)).toContain('onnx runtime error');
    expect(await ask('growing', 1, 'E', [1, 1, 1], false)).toEqual({ OUTPUT: [3, 4, 5] });
  });

  it('tells the model, but not clients, about the sequence', async () => {
    expect(await ask('told', 7, 'S', [1])).toEqual({
      INPUT_SEEN: [1],
      START_SEEN: [1],
      READY_SEEN: [1],
      CORRID_SEEN: [7],
    });
    expect(await ask('told', 8, 'SE', [2])).toMatchObject({ INPUT_SEEN: [2], CORRID_SEEN: [8] });
    expect(await ask('told', 7, 'E', [3])).toMatchObject({ START_SEEN: [0], CORRID_SEEN: [7] });
    const metadata = await (await fetch(`${server.httpUrl}/v2/models/told`)).json();
    expect(metadata).toMatchObject({ inputs: [{ name: 'INPUT', datatype: 'FP32', shape: [-1, 1] }] });
  });

  it('counts places that had nothing to run in the batch, but not as inferences', async () => {
    const statistics = await (await fetch(`${server.httpUrl}/v2/models/told/stats`)).json();
    // The warm-up's two, those of three requests, and a null request in front of that of sequence 8.
    expect(statistics).toMatchObject({
      model_stats: [
        {
          inference_count: 5,
          execution_count: 4,
          batch_stats: [{ batch_size: 1 }, { batch_size: 2 }],
        },
      ],
    });
  });

  it('ends every sequence when the model is reloaded', async () => {
    expect(await sum('zeros', 5, 'S', [1])).toBe(1);
    await server.load('zeros');
    expect(await sum('zeros', 5, '', [1])).toBe(
      "inference request for sequence 5 to model 'zeros' must specify the START flag on the first request of the sequence",
    );
  });
});
