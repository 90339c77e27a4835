import { ELEMENT_BYTES, isDatatype } from './datatypes.ts';
import {
  asArray,
  asBoolean,
  asParameter,
  asSpan,
  asString,
  asUnsigned,
  isObject,
  memberOf,
} from './json-access.ts';
import { readJson } from './json-reader.ts';
import { decodeJsonTensor } from './json-tensor.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { internal, invalidArgument, unsupported } from './kserve-error.ts';
import type { InferInput, InferRequest, ParameterValue, RequestedOutput, SharedMemory } from './messages.ts';
import { requestPrefix } from './request-prefix.ts';

const NO_BYTES = new Uint8Array(0);
const NO_PARAMETERS: ReadonlyMap<string, ParameterValue> = new Map();

/** A body that is one tensor: the binary extension's raw request (`Inference-Header-Content-Length: 0`). */
export function rawInferRequest(body: Uint8Array): InferRequest {
  return {
    id: '',
    inputs: [{ name: 'raw_input', datatype: '', shape: [], data: body }],
    outputs: [],
    binaryDataOutput: true,
    priority: 0,
    timeout: 0,
    parameters: NO_PARAMETERS,
    raw: true,
  };
}

/**
 * Reads a request: `jsonBytes` of JSON, then the binary tensors in the order of the inputs, which become views.
 * @param model only for error texts.
 * @param maxBytes limit of the JSON part and of each tensor given in JSON.
 * @param memory what regions of shared memory mean; outputs that go there have to be released by the caller.
 * @throws KServeError with the texts and in the order of Triton's HTTP layer (E14 to E48 of its catalogue).
 */
export function parseInferRequest(
  body: Buffer,
  jsonBytes: number,
  model: string,
  maxBytes: number,
  memory: SharedMemory,
): InferRequest {
  if (jsonBytes > maxBytes)
    throw invalidArgument(
      `request JSON size of ${jsonBytes} bytes exceeds the maximum allowed input size of ${maxBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
  const text = body.toString('latin1', 0, jsonBytes);
  const root = readJson(text);
  const id =
    isObject(root) && root.has('id') ? asString(memberOf(root, 'id', ''), "Unable to parse 'id': ") : '';
  const parameters = readParameters(root);
  const source: InputSource = {
    text,
    body,
    offset: jsonBytes,
    model,
    maxBytes,
    id,
    named: new Set(),
    memory,
  };
  const inputs: InferInput[] = [];
  const context = "Unable to parse 'inputs': ";
  for (const input of asArray(memberOf(root, 'inputs', context), context))
    inputs.push(readInput(input, source));
  if (source.offset < body.length)
    throw invalidArgument(`unexpected additional input data for model '${model}'`);
  return { id, inputs, outputs: readOutputs(root, memory), raw: false, ...parameters };
}

type RequestParameters = Pick<InferRequest, 'binaryDataOutput' | 'priority' | 'timeout' | 'parameters'>;
const DEFAULT_PARAMETERS: RequestParameters = {
  binaryDataOutput: false,
  priority: 0,
  timeout: 0,
  parameters: NO_PARAMETERS,
};

function readParameters(root: JsonValue): RequestParameters {
  const value = isObject(root) ? root.get('parameters') : undefined;
  if (value === undefined) return DEFAULT_PARAMETERS;
  if (!isObject(value))
    throw internal('failed to get request params.: attempt to get members for non-object');
  let binaryDataOutput = false;
  let priority = 0;
  let timeout = 0;
  const custom = new Map<string, ParameterValue>();
  for (const [key, member] of value) {
    const context = `Unable to parse '${key}': `;
    switch (key) {
      case 'binary_data_output':
        binaryDataOutput = asBoolean(member, context);
        break;
      case 'priority':
        priority = asUnsigned(member, context);
        break;
      case 'timeout':
        timeout = asUnsigned(member, context);
        break;
      case 'sequence_id':
        checkSequenceId(member, context);
        break;
      case 'sequence_start':
      case 'sequence_end':
        asBoolean(member, context);
        break;
      default:
        custom.set(key, customParameter(key, member));
    }
  }
  return { binaryDataOutput, priority, timeout, parameters: custom };
}

function checkSequenceId(value: JsonValue, context: string): void {
  if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return;
  if (Buffer.byteLength(asString(value, context)) > MAX_SEQUENCE_ID)
    throw unsupported(`string correlation ID cannot be longer than ${MAX_SEQUENCE_ID} characters`);
}

const MAX_SEQUENCE_ID = 128;

function customParameter(key: string, member: JsonValue): ParameterValue {
  if (key.startsWith('triton_'))
    throw invalidArgument(
      `parameter keys starting with 'triton_' are reserved for Triton usage and should not be specified.`,
    );
  const parameter = asParameter(member);
  if (parameter === undefined)
    throw invalidArgument(
      `parameter '${key}' has invalid type. It should be either 'int', 'bool', or 'string'.`,
    );
  return parameter;
}

interface InputSource {
  readonly text: string;
  readonly body: Buffer;
  offset: number;
  readonly model: string;
  readonly maxBytes: number;
  readonly id: string;
  readonly named: Set<string>;
  readonly memory: SharedMemory;
}

function readInput(input: JsonValue, source: InputSource): InferInput {
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

/** Parameters of an input or output; what is no object is passed over. */
function parametersOf(object: JsonObject): JsonObject | undefined {
  const parameters = object.get('parameters');
  return isObject(parameters) ? parameters : undefined;
}

function readRegion(region: JsonValue, parameters: JsonObject | undefined) {
  const size = (key: string) => {
    const value = parameters?.get(key);
    return value === undefined ? 0 : asUnsigned(value, `Unable to parse '${key}': `);
  };
  return {
    region: asString(region, "Unable to parse 'shared_memory_region': "),
    offset: size('shared_memory_offset'),
    byteSize: size('shared_memory_byte_size'),
  };
}

function readShape(input: JsonObject, name: string): number[] {
  const context = "Unable to parse 'shape': ";
  const shape: number[] = [];
  const dims = asArray(memberOf(input, 'shape', context), context);
  for (const dim of dims) shape.push(asUnsigned(dim, context));
  // What a number cannot hold exactly is more than any tensor has.
  const huge = dims.find((dim) => typeof dim === 'bigint');
  if (huge !== undefined)
    throw invalidArgument(
      `invalid shape for input '${name}': shape [${dims}] ${huge > MAX_INT64 ? 'contains one or more invalid dimensions' : TOO_MANY_ELEMENTS}`,
    );
  return shape;
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
  if (count * width > source.maxBytes)
    throw invalidArgument(
      `JSON input '${name}' has a byte_size (${count * width} bytes) that exceeds the maximum allowed value of ${source.maxBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
  const span = asSpan(memberOf(input, 'data', "Unable to parse 'data': "), "Unable to parse 'data': ");
  // No element takes less than two characters: refuse before room for the claimed shape is taken.
  if (datatype !== 'BYTES' && count > span.end - span.start)
    throw internal("Unable to parse 'data': Shape does not match true shape of 'data' field");
  return decodeJsonTensor(source.text, span, datatype, count);
}

/** Triton counts no elements in an empty shape. */
function checkedCount(name: string, shape: readonly number[]): number {
  if (shape.length === 0) return 0;
  let count = 1n;
  for (const dim of shape) count *= BigInt(dim);
  if (count > MAX_INT64)
    throw invalidArgument(`invalid shape for input '${name}': shape [${shape}] ${TOO_MANY_ELEMENTS}`);
  return Number(count);
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

const NO_OUTPUTS: readonly RequestedOutput[] = [];

function readOutputs(root: JsonValue, memory: SharedMemory): readonly RequestedOutput[] {
  const value = isObject(root) ? root.get('outputs') : undefined;
  if (value === undefined) return NO_OUTPUTS;
  const outputs: RequestedOutput[] = [];
  try {
    for (const output of asArray(value, "Unable to parse 'outputs': ")) {
      const name = asString(memberOf(output, 'name', "Unable to parse 'name': "), "Unable to parse 'name': ");
      outputs.push({ name, ...readOutputParameters(parametersOf(output as JsonObject), memory) });
    }
  } catch (error) {
    for (const { shared } of outputs) shared?.release();
    throw error;
  }
  return outputs;
}

function readOutputParameters(
  parameters: JsonObject | undefined,
  memory: SharedMemory,
): Omit<RequestedOutput, 'name'> {
  if (parameters === undefined) return { binary: false, classification: 0 };
  const classification = parameters.get('classification');
  const binary = parameters.get('binary_data');
  const region = parameters.get('shared_memory_region');
  if (region !== undefined) {
    if (classification !== undefined)
      throw invalidArgument("Output can't set both 'shared_memory_region' and 'classification'");
    if (binary === true)
      throw invalidArgument("Output can't set both 'shared_memory_region' and 'binary_data'");
    const part = readRegion(region, parameters);
    const shared = memory.claim(part.region, part.offset, part.byteSize);
    return { binary: false, classification: 0, shared };
  }
  return {
    binary: binary === undefined ? false : asBoolean(binary, "Unable to parse 'binary_data': "),
    classification:
      classification === undefined ? 0 : asUnsigned(classification, "Unable to set 'classification': "),
  };
}
