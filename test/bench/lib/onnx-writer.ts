// Writes small ONNX models byte by byte, so that a bench needs no Python.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Puts a model into a repository as its version 1; the server completes the configuration. */
export async function writeModel(repository: string, name: string, onnx: Buffer): Promise<void> {
  const version = path.join(repository, name, '1');
  await mkdir(version, { recursive: true });
  await writeFile(path.join(version, 'model.onnx'), onnx);
}

/** An MLP `INPUT[N,784] → Gemm → Relu → Gemm → OUTPUT[N,10]` with a hidden layer of 256. */
export function mlpModel(sizes: readonly [number, number, number] = [784, 256, 10]): Buffer {
  const [input, hidden, output] = sizes;
  const nodes = [
    node('Gemm', ['INPUT', 'W0', 'B0'], ['H0']),
    node('Relu', ['H0'], ['H1']),
    node('Gemm', ['H1', 'W1', 'B1'], ['OUTPUT']),
  ];
  const weights = [
    weight('W0', [input, hidden]),
    weight('B0', [hidden]),
    weight('W1', [hidden, output]),
    weight('B1', [output]),
  ];
  return model(nodes, weights, valueInfo('INPUT', ['N', input]), valueInfo('OUTPUT', ['N', output]));
}

/** `INPUT[N,length] → Identity → OUTPUT[N,length]` in FP32, of any length. */
export function identityModel(): Buffer {
  const shape = ['N', 'length'];
  return model(
    [node('Identity', ['INPUT'], ['OUTPUT'])],
    [],
    valueInfo('INPUT', shape),
    valueInfo('OUTPUT', shape),
  );
}

function model(nodes: Buffer[], weights: Buffer[], input: Buffer, output: Buffer): Buffer {
  const graph = Buffer.concat([
    ...nodes.map((part) => bytes(1, part)),
    text(2, 'bench'),
    ...weights.map((part) => bytes(5, part)),
    bytes(11, input),
    bytes(12, output),
  ]);
  return Buffer.concat([
    number(1, 8),
    bytes(7, graph),
    bytes(8, Buffer.concat([text(1, ''), number(2, 17)])),
  ]);
}

function node(operator: string, inputs: string[], outputs: string[]): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
  ]);
}

function weight(name: string, dims: number[]): Buffer {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const values = Float32Array.from({ length: count }, (_none, index) => Math.sin(index) / 16);
  return Buffer.concat([
    ...dims.map((dim) => number(1, dim)),
    number(2, 1),
    text(8, name),
    bytes(9, Buffer.from(values.buffer)),
  ]);
}

function valueInfo(name: string, dims: (number | string)[]): Buffer {
  const shape = Buffer.concat(
    dims.map((dim) => bytes(1, typeof dim === 'number' ? number(1, dim) : text(2, dim))),
  );
  const tensor = Buffer.concat([number(1, 1), bytes(2, shape)]);
  return Buffer.concat([text(1, name), bytes(2, bytes(1, tensor))]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Buffer.from([...out, rest]);
}

const number = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, content: Buffer) =>
  Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
const text = (field: number, content: string) => bytes(field, Buffer.from(content));
