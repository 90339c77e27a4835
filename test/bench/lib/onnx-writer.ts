import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type OnnxInitializer, onnxModel } from '../../helpers/onnx-writer.ts';

/** Puts a model into a repository as its version 1; the server completes the configuration. */
export async function writeModel(repository: string, name: string, onnx: Buffer): Promise<void> {
  const version = path.join(repository, name, '1');
  await mkdir(version, { recursive: true });
  await writeFile(path.join(version, 'model.onnx'), onnx);
}

/** An MLP `INPUT[N,784] → Gemm → Relu → Gemm → OUTPUT[N,10]` with a hidden layer of 256. */
export function mlpModel(sizes: readonly [number, number, number] = [784, 256, 10]): Buffer {
  const [input, hidden, output] = sizes;
  return onnxModel({
    nodes: [
      { operator: 'Gemm', inputs: ['INPUT', 'W0', 'B0'], outputs: ['H0'] },
      { operator: 'Relu', inputs: ['H0'], outputs: ['H1'] },
      { operator: 'Gemm', inputs: ['H1', 'W1', 'B1'], outputs: ['OUTPUT'] },
    ],
    inputs: [{ name: 'INPUT', datatype: 'FP32', shape: ['N', input] }],
    outputs: [{ name: 'OUTPUT', datatype: 'FP32', shape: ['N', output] }],
    initializers: [
      weight('W0', [input, hidden]),
      weight('B0', [hidden]),
      weight('W1', [hidden, output]),
      weight('B1', [output]),
    ],
  });
}

/** A chain of 48 products of `INPUT[256,1024]` with one matrix: some 200 ms on two cores. */
export function slowModel(): Buffer {
  const layers = 48;
  const name = (layer: number) => (layer === 0 ? 'INPUT' : layer === layers ? 'OUTPUT' : `H${layer}`);
  const shape = [256, 1024];
  return onnxModel({
    nodes: Array.from({ length: layers }, (_none, layer) => ({
      operator: 'MatMul',
      inputs: [name(layer), 'W'],
      outputs: [name(layer + 1)],
    })),
    inputs: [{ name: 'INPUT', datatype: 'FP32', shape }],
    outputs: [{ name: 'OUTPUT', datatype: 'FP32', shape }],
    initializers: [weight('W', [1024, 1024])],
  });
}

/** `INPUT[N,length] → Identity → OUTPUT[N,length]` in FP32, of any length. */
export function identityModel(): Buffer {
  const shape = ['N', 'length'];
  return onnxModel({
    nodes: [{ operator: 'Identity', inputs: ['INPUT'], outputs: ['OUTPUT'] }],
    inputs: [{ name: 'INPUT', datatype: 'FP32', shape }],
    outputs: [{ name: 'OUTPUT', datatype: 'FP32', shape }],
  });
}

function weight(name: string, shape: number[]): OnnxInitializer {
  const count = shape.reduce((product, dim) => product * dim, 1);
  const values = Float32Array.from({ length: count }, (_none, index) => Math.sin(index) / 16);
  return { name, datatype: 'FP32', shape, data: new Uint8Array(values.buffer) };
}
