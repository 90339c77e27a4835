// Writes ONNX models byte by byte, so that tests need no Python for them. Field numbers are those of onnx.proto.
import type { Datatype } from '../../src/kserve/index.ts';

export interface OnnxValue {
  readonly name: string;
  readonly datatype: Datatype;
  /** A name stands for a dimension of any size. */
  readonly shape: readonly (number | string)[];
  /** What holds such tensors; a map has them as values, by INT64. */
  readonly kind?: 'sequence' | 'map' | 'optional' | 'sparse';
}

export interface OnnxNode {
  readonly operator: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface OnnxInitializer {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  /** Little-endian. */
  readonly data: Uint8Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers?: readonly OnnxInitializer[];
  readonly irVersion?: number;
  readonly opset?: number;
}

const ELEMENT_TYPES: Readonly<Record<Datatype, number>> = {
  FP32: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BYTES: 8,
  BOOL: 9,
  FP16: 10,
  FP64: 11,
  UINT32: 12,
  UINT64: 13,
  BF16: 16,
};

/** The bytes of a `model.onnx`. */
export function onnxModel({
  nodes,
  inputs,
  outputs,
  initializers = [],
  irVersion = 8,
  opset = 17,
}: OnnxGraph): Buffer {
  const graph = Buffer.concat([
    ...nodes.map((node) => bytes(1, encodeNode(node))),
    text(2, 'graph'),
    ...initializers.map((initializer) => bytes(5, encodeInitializer(initializer))),
    ...inputs.map((value) => bytes(11, encodeValue(value))),
    ...outputs.map((value) => bytes(12, encodeValue(value))),
  ]);
  const sets = [Buffer.concat([text(1, ''), number(2, opset)])];
  if (nodes.some(({ domain }) => domain === 'ai.onnx.ml'))
    sets.push(Buffer.concat([text(1, 'ai.onnx.ml'), number(2, 3)]));
  return Buffer.concat([number(1, irVersion), bytes(7, graph), ...sets.map((set) => bytes(8, set))]);
}

function encodeNode({ operator, domain, inputs, outputs }: OnnxNode): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => text(1, name)),
    ...outputs.map((name) => text(2, name)),
    text(4, operator),
    ...(domain === undefined ? [] : [text(7, domain)]),
  ]);
}

function encodeInitializer({ name, datatype, shape, data }: OnnxInitializer): Buffer {
  return Buffer.concat([
    ...shape.map((dim) => number(1, dim)),
    number(2, ELEMENT_TYPES[datatype]),
    text(8, name),
    bytes(9, data),
  ]);
}

function encodeValue({ name, datatype, shape, kind }: OnnxValue): Buffer {
  const dims = shape.map((dim) => bytes(1, typeof dim === 'number' ? number(1, dim) : text(2, dim)));
  const tensor = Buffer.concat([number(1, ELEMENT_TYPES[datatype]), bytes(2, Buffer.concat(dims))]);
  const inner = bytes(1, bytes(1, tensor));
  const types = {
    sequence: () => bytes(4, inner),
    map: () => bytes(5, Buffer.concat([number(1, ELEMENT_TYPES.INT64), bytes(2, bytes(1, tensor))])),
    optional: () => bytes(9, inner),
    sparse: () => bytes(8, tensor),
  };
  return Buffer.concat([text(1, name), bytes(2, kind ? types[kind]() : bytes(1, tensor))]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) + 128);
  return Buffer.from([...out, rest]);
}

const number = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, content: Uint8Array) =>
  Buffer.concat([varint(field * 8 + 2), varint(content.length), content]);
const text = (field: number, content: string) => bytes(field, Buffer.from(content));
