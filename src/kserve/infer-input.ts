import { ELEMENT_BYTES, isDatatype } from './datatypes.ts';
import { asArray, asSpan, asString, asUnsigned, isObject, memberOf } from './json-access.ts';
import { decodeJsonTensor } from './json-tensor.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { internal, invalidArgument } from './kserve-error.ts';
import type { InferInput, SharedMemory } from './messages.ts';
import { requestPrefix } from './request-prefix.ts';
import { parametersOf, readRegion } from './tensor-parameters.ts';

const NO_BYTES = new Uint8Array(0);

/** The request from which inputs are read one by one. */
export interface InputSource {
  readonly text: string;
  readonly body: Buffer;
  /** Offset of the next binary tensor. */
  offset: number;
  readonly model: string;
  readonly maxBytes: number;
  readonly id: string;
  /** The names read so far. */
  readonly named: Set<string>;
  readonly memory: SharedMemory;
}

/** Reads one element of `inputs`. @throws KServeError (docs/reference/triton.md#request-structure) */
export function readInput(input: JsonValue, source: InputSource): InferInput {
  const object: JsonObject = isObject(input) ? input : new Map();
  const parameters = parametersOf(object);
  const binary = parameters?.get('binary_data_size');
  const region = parameters?.get('shared_memory_region');
  refuseSeveralSources(object.has('data'), binary !== undefined, region !== undefined);
  const name = asString(memberOf(input, 'name', "Unable to parse 'name': "), "Unable to parse 'name': ");
  const typeContext = "Unable to parse 'datatype': ";
  const datatype = asString(memberOf(input, 'datatype', typeContext), typeContext);
  const shape = readShape(object, name);
  if (source.named.has(name))
    throw invalidArgument(`${requestPrefix(source.id)}input '${name}' already exists in request`);
  source.named.add(name);
  if (region !== undefined) {
    const part = readRegion(region, parameters);
    return { name, datatype, shape, data: source.memory.read(part.region, part.offset, part.byteSize) };
  }
  const data =
    binary === undefined
      ? readJsonData(object, name, datatype, shape, source)
      : takeBinaryData(asUnsigned(binary, "Unable to parse 'binary_data_size': "), name, source);
  return { name, datatype, shape, data };
}

function readShape(input: JsonObject, name: string): number[] {
  const context = "Unable to parse 'shape': ";
  const shape: number[] = [];
  const dims = asArray(memberOf(input, 'shape', context), context);
  for (const dim of dims) shape.push(asUnsigned(dim, context));
  // A number cannot hold such a dimension exactly: refuse it here, with the message that is true of it.
  if (dims.some((dim) => typeof dim === 'bigint')) throw overflow(input, name, dims.map(exactly));
  return shape;
}

function exactly(dim: JsonValue): bigint {
  return typeof dim === 'bigint' ? dim : BigInt(Number(dim));
}

/** The error for a shape with dimensions beyond 2^53. */
function overflow(input: JsonObject, name: string, shape: readonly bigint[]): Error {
  const message = `invalid shape for input '${name}': shape [${shape}]`;
  if (shape.some((dim) => dim > MAX_INT64))
    return invalidArgument(`${message} contains one or more invalid dimensions`);
  const count = shape.reduce((product, dim) => product * dim, 1n);
  if (count > MAX_INT64) return invalidArgument(`${message} ${TOO_MANY_ELEMENTS}`);
  const datatype = input.get('datatype');
  const width = typeof datatype === 'string' && isDatatype(datatype) ? ELEMENT_BYTES[datatype] || 4 : 4;
  return byteOverflow(name, count, width);
}

function byteOverflow(name: string, count: bigint, width: number): Error {
  return invalidArgument(
    `byte size overflow for input '${name}': element count (${count}) * data type size (${width}) exceeds maximum allowed size (${MAX_INT64})`,
  );
}

const MAX_INT64 = 2n ** 63n - 1n;
const TOO_MANY_ELEMENTS = `causes total element count to exceed maximum size of ${MAX_INT64}`;

function refuseSeveralSources(data: boolean, binary: boolean, region: boolean): void {
  if (Number(data) + Number(binary) + Number(region) === 1) return;
  const set = [data && "'data'", binary && "'binary_data_size'", region && "'shared_memory_region'"];
  const found = set.filter(Boolean).join(' ');
  throw invalidArgument(
    `Input must set only one of the following fields: 'data', 'binary_data_size' in 'parameters', 'shared_memory_region' in 'parameters'. ${found === '' ? 'But no field is set' : `But set ${found}`}`,
  );
}

function readJsonData(
  input: JsonObject,
  name: string,
  datatype: string,
  shape: readonly number[],
  source: InputSource,
): Uint8Array {
  const count = checkedCount(name, shape);
  if (count === 0) return NO_BYTES;
  if (!isDatatype(datatype)) throw invalidArgument(`invalid datatype for input ${name}`);
  if (datatype === 'FP16' || datatype === 'BF16')
    throw invalidArgument(
      `receiving ${datatype} data via JSON is not supported. Please use the binary data format for input ${name}`,
    );
  const width = ELEMENT_BYTES[datatype] || 4;
  if (count * width > Number(MAX_INT64)) throw byteOverflow(name, exactCount(shape), width);
  if (count * width > source.maxBytes)
    throw invalidArgument(
      `JSON input '${name}' has a byte_size (${count * width} bytes) that exceeds the maximum allowed value of ${source.maxBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
  const span = asSpan(memberOf(input, 'data', "Unable to parse 'data': "), "Unable to parse 'data': ");
  // Every element takes at least two characters: refuse a larger claim before allocating memory for it.
  if (datatype !== 'BYTES' && count > span.end - span.start)
    throw internal("Unable to parse 'data': Shape does not match true shape of 'data' field");
  return decodeJsonTensor(source.text, span, datatype, count);
}

/** For Triton, an empty shape has no elements. */
function checkedCount(name: string, shape: readonly number[]): number {
  if (shape.length === 0) return 0;
  const count = exactCount(shape);
  if (count > MAX_INT64)
    throw invalidArgument(`invalid shape for input '${name}': shape [${shape}] ${TOO_MANY_ELEMENTS}`);
  return Number(count);
}

function exactCount(shape: readonly number[]): bigint {
  return shape.reduce((product, dim) => product * BigInt(dim), 1n);
}

function takeBinaryData(size: number, name: string, source: InputSource): Uint8Array {
  const left = source.body.length - source.offset;
  if (size > left)
    throw invalidArgument(
      `unexpected size for input '${name}', expecting ${size - left} additional bytes for model '${source.model}'`,
    );
  const start = source.offset;
  source.offset += size;
  return source.body.subarray(start, source.offset);
}
