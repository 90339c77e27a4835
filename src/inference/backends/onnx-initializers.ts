import { datatypeOfConfig, ELEMENT_BYTES } from '../../kserve/index.ts';
import type { SessionTensor } from './onnx-session.mjs';

/** A model whose overridable initializers became inputs, and their defaults for requests that omit them. */
export interface LiftedModel {
  readonly model: Uint8Array;
  readonly defaults: readonly SessionTensor[];
}

/**
 * Turns initializers that are also declared as inputs into plain inputs, because onnxruntime-node can feed only those.
 * Undefined if the file has none of these names, or one in an unsupported form.
 */
export function liftInitializers(file: Uint8Array, names: ReadonlySet<string>): LiftedModel | undefined {
  const defaults: SessionTensor[] = [];
  const pieces: Uint8Array[] = [];
  for (const field of fieldsOf(file)) {
    if (field.number !== MODEL_GRAPH || !field.content) {
      pieces.push(field.whole);
      continue;
    }
    const inputs = new Set<string>();
    for (const { number, content } of fieldsOf(field.content))
      if (number === GRAPH_INPUT && content) inputs.add(nameIn(content, VALUE_NAME));
    const graph: Uint8Array[] = [];
    for (const part of fieldsOf(field.content)) {
      const name = part.number === GRAPH_INITIALIZER && part.content ? nameIn(part.content, TENSOR_NAME) : '';
      const lifted =
        names.has(name) && inputs.has(name) && part.content ? readTensor(name, part.content) : undefined;
      if (lifted) defaults.push(lifted);
      else graph.push(part.whole);
    }
    const bytes = Buffer.concat(graph);
    pieces.push(varint(MODEL_GRAPH * 8 + 2), varint(bytes.length), bytes);
  }
  return defaults.length === 0 ? undefined : { model: new Uint8Array(Buffer.concat(pieces)), defaults };
}

// Field numbers of onnx.proto: ModelProto, GraphProto, ValueInfoProto, TensorProto.
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const GRAPH_INPUT = 11;
const VALUE_NAME = 1;
const TENSOR_DIMS = 1;
const TENSOR_TYPE = 2;
const TENSOR_FLOATS = 4;
const TENSOR_LONGS = 7;
const TENSOR_NAME = 8;
const TENSOR_RAW = 9;

const TENSOR_TYPES = new Map([
  [1, 'FP32'],
  [2, 'UINT8'],
  [3, 'INT8'],
  [4, 'UINT16'],
  [5, 'INT16'],
  [6, 'INT32'],
  [7, 'INT64'],
  [9, 'BOOL'],
  [10, 'FP16'],
  [11, 'FP64'],
  [12, 'UINT32'],
  [13, 'UINT64'],
]);

interface Field {
  readonly number: number;
  /** With its key and length. */
  readonly whole: Uint8Array;
  /** Of length-delimited fields. */
  readonly content: Uint8Array | undefined;
  readonly value: number;
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const start = cursor.at;
    const key = readVarint(message, cursor);
    const number = Math.floor(key / 8);
    let content: Uint8Array | undefined;
    let value = 0;
    if (key % 8 === 0) value = readVarint(message, cursor);
    else if (key % 8 === 1) cursor.at += 8;
    else if (key % 8 === 5) cursor.at += 4;
    else {
      const length = readVarint(message, cursor);
      content = message.subarray(cursor.at, cursor.at + length);
      cursor.at += length;
    }
    yield { number, content, value, whole: message.subarray(start, cursor.at) };
  }
}

function readVarint(message: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = message[cursor.at] ?? 0;
    cursor.at += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    factor *= 128;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

function nameIn(message: Uint8Array, field: number): string {
  for (const { number, content } of fieldsOf(message))
    if (number === field && content) return Buffer.from(content).toString('utf8');
  return '';
}

function readTensor(name: string, message: Uint8Array): SessionTensor | undefined {
  const dims: number[] = [];
  let type: string | undefined;
  let data: Uint8Array | undefined;
  for (const { number, content, value } of fieldsOf(message)) {
    if (number === TENSOR_DIMS) dims.push(...(content ? readLongs(content) : [value]));
    else if (number === TENSOR_TYPE) type = TENSOR_TYPES.get(value);
    else if (content && (number === TENSOR_RAW || number === TENSOR_FLOATS)) data = new Uint8Array(content);
    else if (content && number === TENSOR_LONGS)
      data = new Uint8Array(BigInt64Array.from(readLongs(content), BigInt).buffer);
  }
  const datatype = type === undefined ? undefined : datatypeOfConfig(`TYPE_${type}`);
  if (!datatype || !data || type === undefined) return undefined;
  const expected = dims.reduce((count, dim) => count * dim, ELEMENT_BYTES[datatype]);
  return data.byteLength === expected ? { name, type, dims, data } : undefined;
}

function readLongs(packed: Uint8Array): number[] {
  const cursor = { at: 0 };
  const values: number[] = [];
  while (cursor.at < packed.length) values.push(readVarint(packed, cursor));
  return values;
}
