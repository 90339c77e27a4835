import { describe, expect, it } from 'vitest';
import {
  checkOnnxInterface,
  completeOnnxConfig,
  type ModelConfig,
  type OnnxInterface,
  type OnnxTensor,
  parseModelConfigText,
  validateModelConfig,
} from '../../../src/repository/index.ts';

const tensor = (
  name: string,
  shape: number[] | undefined,
  dataType: OnnxTensor['dataType'] = 'TYPE_FP32',
) => ({
  name,
  shape,
  dataType,
});
const BATCHING: OnnxInterface = { inputs: [tensor('X', [-1, 16])], outputs: [tensor('Y', [-1, 3])] };
const FIXED: OnnxInterface = { inputs: [tensor('X', [1, 16])], outputs: [tensor('Y', [1, 3])] };

function complete(text: string, onnx: OnnxInterface): ModelConfig {
  const written = parseModelConfigText(
    `name: "m" platform: "onnxruntime_onnx" backend: "onnxruntime" ${text}`,
    'config.pbtxt',
  );
  return completeOnnxConfig(written, onnx);
}

function load(text: string, onnx: OnnxInterface): void {
  checkOnnxInterface(complete(text, onnx), onnx);
}

describe('auto-complete', () => {
  it('lets a model batch whose first dimensions are free, but for 1', () => {
    expect(complete('', BATCHING)).toMatchObject({
      max_batch_size: 4,
      dynamic_batching: { preferred_batch_size: [4] },
      instance_group: [{ name: 'm', kind: 'KIND_CPU', count: 2 }],
      input: [{ name: 'X', dims: [16] }],
    });
    expect(complete('max_batch_size: 1', BATCHING)).not.toHaveProperty('dynamic_batching');
  });

  it('keeps the scheduler that is written', () => {
    const config = complete('max_batch_size: 8 sequence_batching { oldest { } }', BATCHING);
    expect(config).not.toHaveProperty('dynamic_batching');
    expect(config.sequence_batching).toMatchObject({
      max_sequence_idle_microseconds: 1_000_000,
      oldest: { preferred_batch_size: [8] },
    });
  });

  it('leaves a configuration alone that has inputs and outputs', () => {
    const tensors =
      'input { name: "X" data_type: TYPE_FP32 dims: [ -1, 16 ] } output { name: "Y" data_type: TYPE_FP32 dims: [ -1, 3 ] }';
    expect(complete(tensors, BATCHING)).toMatchObject({ max_batch_size: 0, input: [{ dims: [-1, 16] }] });
    expect(complete(tensors, BATCHING)).not.toHaveProperty('dynamic_batching');
  });

  it('does not batch a model with a fixed first dimension, or one that says nothing of its rank', () => {
    expect(complete('', FIXED)).toMatchObject({ max_batch_size: 0, input: [{ dims: [1, 16] }] });
    const ranks = { inputs: [tensor('X', undefined)], outputs: [tensor('Y', [])] };
    const config = complete('', ranks);
    expect(config).toMatchObject({ max_batch_size: 0, input: [{ dims: [1] }], output: [{ dims: [1] }] });
    expect(config.input[0]).not.toHaveProperty('reshape');
    expect(() => checkOnnxInterface(config, ranks)).not.toThrow();
  });

  it('refuses a batch size for a model that does not batch', () => {
    expect(() => complete('max_batch_size: 2', FIXED)).toThrow(
      "autofill failed for model 'm': model does not support batching while non-zero max_batch_size is specified",
    );
  });
});

describe('a configuration against its model', () => {
  const X = 'input { name: "X" data_type: TYPE_FP32 dims: [ 16 ] }';
  const Y = 'output { name: "Y" data_type: TYPE_FP32 dims: [ 3 ] }';
  it.each([
    [
      `${X} output { name: "Y" data_type: TYPE_INT32 dims: [ 3 ] } max_batch_size: 4`,
      "unable to load model 'm', configuration expects datatype TYPE_INT32 for output 'Y', model provides TYPE_FP32",
    ],
    [
      `input { name: "X" data_type: TYPE_FP32 dims: [ 16, 1 ] } ${Y} max_batch_size: 4`,
      "model 'm', tensor 'X': the model expects 2 dimensions (shape [-1,16]) but the model configuration specifies " +
        '3 dimensions (an initial batch dimension because max_batch_size > 0 followed by the explicit tensor shape, ' +
        'making complete shape [-1,16,1])',
    ],
    [
      `${X} ${Y}`,
      "model 'm', tensor 'X': the model expects 2 dimensions (shape [-1,16]) but the model configuration specifies " +
        '1 dimensions (shape [16])',
    ],
    [
      `${X} output { name: "Y" data_type: TYPE_FP32 dims: [ 4 ] } max_batch_size: 4`,
      "model 'm', tensor 'Y': the model expects 2 dimensions (shape [-1,3]) but the model configuration specifies " +
        '2 dimensions (an initial batch dimension because max_batch_size > 0 followed by the explicit tensor shape, ' +
        'making complete shape [-1,4])',
    ],
    [
      `${X} input { name: "Z" data_type: TYPE_FP32 dims: [ 1 ] } ${Y} max_batch_size: 4`,
      "unable to load model 'm', configuration expects 2 inputs, model provides 1",
    ],
    [
      `input { name: "X" data_type: TYPE_BF16 dims: [ 16 ] } ${Y} max_batch_size: 4`,
      "unsupported datatype TYPE_BF16 for input 'X' for model 'm'",
    ],
    [
      `${X} input { name: "W" data_type: TYPE_FP32 dims: [ 1 ] optional: true } ${Y} max_batch_size: 4`,
      "unable to load model 'm', optional input 'W' is not supported for models that support batching",
    ],
    [
      `${X} ${Y} max_batch_size: 4 sequence_batching { control_input { name: "S" control { kind: ` +
        'CONTROL_SEQUENCE_START int32_false_true: [ 0, 1 ] } } }',
      "configuration specified sequence control 'S', but model does not provide that input",
    ],
  ])('%s', (text, message) => {
    expect(() => load(text, BATCHING)).toThrow(message);
  });

  it('cannot batch if the model has a fixed first dimension', () => {
    expect(() => load(`${X} ${Y} max_batch_size: 4`, FIXED)).toThrow(
      "model 'm', tensor 'X': for the model to support batching the shape should have at least 1 dimension and the " +
        'first dimension must be -1; but shape expected by the model is [1,16]',
    );
  });

  it('may narrow an input, but has to give an output exactly', () => {
    const open = { inputs: [tensor('X', [-1, -1])], outputs: [tensor('Y', [-1, -1])] };
    expect(() =>
      load(`${X} output { name: "Y" data_type: TYPE_FP32 dims: -1 } max_batch_size: 4`, open),
    ).not.toThrow();
    expect(() => load(`${X} ${Y} max_batch_size: 4`, open)).toThrow(/tensor 'Y'.*\[-1,3\]/);
  });

  it('may leave outputs out, and reads a tensor through its reshape', () => {
    const two = { inputs: BATCHING.inputs, outputs: [...BATCHING.outputs, tensor('Z', [-1])] };
    expect(() => load(`${X} ${Y} max_batch_size: 4`, two)).not.toThrow();
    const reshaped = 'output { name: "Z" data_type: TYPE_FP32 dims: 1 reshape { } } max_batch_size: 4';
    expect(() => load(`${X} ${reshaped}`, two)).not.toThrow();
  });

  it('gives a scalar as 1', () => {
    const scalar = { inputs: [tensor('X', [])], outputs: [tensor('Y', [])] };
    const tensors = (dims: string) =>
      `input { name: "X" data_type: TYPE_FP32 dims: ${dims} } output { name: "Y" data_type: TYPE_FP32 dims: 1 }`;
    expect(() => load(tensors('[ 1 ]'), scalar)).not.toThrow();
    expect(() => load(tensors('[ 2 ]'), scalar)).toThrow(
      "unable to load model 'm', scalar tensor 'X', should only provide 1 in the model configuration when the model " +
        "doesn't support batching. Model configuration provided: [2].",
    );
  });
});

describe('inputs, outputs and instance groups', () => {
  const T = 'input { name: "X" data_type: TYPE_FP32 dims: 1 }';
  it.each([
    ['input { }', "model input must specify 'name' for m"],
    ['input { name: "X" }', "model input 'X' must specify 'data_type' for m"],
    ['input { name: "X" data_type: TYPE_FP32 }', "model input 'X' must specify 'dims' for m"],
    [
      'output { name: "Y" data_type: TYPE_FP32 dims: 0 }',
      "model output 'Y' dimension must be integer >= 1, or -1 to indicate a variable-size dimension for m",
    ],
    [
      'input { name: "X" data_type: TYPE_FP32 dims: 4 reshape { shape: [ 2, 0 ] } }',
      "model input 'X' reshape dimensions must be integer >= 1, or -1 to indicate a variable-size dimension for m",
    ],
    [
      'input { name: "X" data_type: TYPE_FP32 dims: [ 2, 4 ] reshape { shape: [ 2, 2 ] } }',
      "model input 'X' has different size for dims and reshape for m",
    ],
    [
      'input { name: "X" data_type: TYPE_FP32 dims: [ 2, -1 ] reshape { shape: [ -1, -1, 2 ] } }',
      "model input 'X' has different number of variable-size dimensions for dims and reshape for m",
    ],
    [
      'input { name: "X" data_type: TYPE_FP32 dims: [ 2, 4, -1, 6 ] reshape { shape: [ 8, -1, 1, 5 ] } }',
      "model input 'X' has different size for dims and reshape for m",
    ],
    [
      'input { name: "X" data_type: TYPE_FP32 dims: 1 format: FORMAT_NCHW }',
      'model input NHWC/NCHW require 3 dims for m',
    ],
    [
      `${T} batch_input { kind: BATCH_ELEMENT_COUNT target_name: "B" data_type: TYPE_FP32 }`,
      "batch input kind 'BATCH_ELEMENT_COUNT' expects 1 source input, got 0 for m",
    ],
    [
      `${T} batch_input { kind: BATCH_ELEMENT_COUNT data_type: TYPE_FP32 source_input: "Z" }`,
      "unknown source input name 'Z' for m",
    ],
    [`${T} batch_output { target_name: "Y" source_input: "X" }`, "unknown target output name 'Y' for m"],
    [
      `${T} instance_group { kind: KIND_GPU }`,
      'instance group m_0 of model m has kind KIND_GPU but no GPUs are available',
    ],
    [
      `${T} instance_group { name: "g" kind: KIND_MODEL gpus: 0 }`,
      'instance group g of model m has kind KIND_MODEL but specifies one or more GPUs',
    ],
  ])('%s', (text, message) => {
    const written = parseModelConfigText(
      `name: "m" platform: "onnxruntime_onnx" backend: "onnxruntime" max_batch_size: 4 ${text}`,
      'config.pbtxt',
    );
    const group = written.instance_group.map((given) => ({ ...given, name: given.name || 'm_0' }));
    expect(() => validateModelConfig({ ...written, instance_group: group })).toThrow(message);
  });

  it('takes a reshape around a variable dimension', () => {
    const text =
      'input { name: "X" data_type: TYPE_FP32 dims: [ 2, 4, -1, 6 ] reshape { shape: [ 8, -1, 1, 6 ] } }';
    expect(() =>
      validateModelConfig(parseModelConfigText(`name: "m" backend: "x" ${text}`, 'f')),
    ).not.toThrow();
  });
});
