import { type InputSource, readInput } from './infer-input.ts';
import { readOutputs } from './infer-output.ts';
import { asArray, asBoolean, asParameter, asString, asUnsigned, isObject, memberOf } from './json-access.ts';
import { readJson } from './json-reader.ts';
import { refuseLargeJson } from './json-size.ts';
import type { JsonValue } from './json-value.ts';
import { internal, invalidArgument, unsupported } from './kserve-error.ts';
import type { InferInput, InferRequest, ParameterValue, SequencePosition, SharedMemory } from './messages.ts';

const NO_PARAMETERS: ReadonlyMap<string, ParameterValue> = new Map();

/** The sequence fields of a request that belongs to no sequence. */
export const NO_SEQUENCE: SequencePosition = { id: 0n, start: false, end: false };

/** A body that consists of one tensor: the binary extension's raw request (`Inference-Header-Content-Length: 0`). */
export function rawInferRequest(body: Uint8Array): InferRequest {
  return {
    id: '',
    inputs: [{ name: 'raw_input', datatype: '', shape: [], data: body }],
    outputs: [],
    binaryDataOutput: true,
    priority: 0,
    timeout: 0,
    sequence: NO_SEQUENCE,
    parameters: NO_PARAMETERS,
    raw: true,
  };
}

/**
 * Reads a request: `jsonBytes` of JSON, then the binary tensors in the order of the inputs; tensors are views on the
 * body.
 * @param model only for error texts.
 * @param maxBytes limit of the JSON part and of each tensor given in JSON.
 * @param memory resolves regions of shared memory.
 * @throws KServeError with the texts and in the order of Triton's HTTP layer
 * (docs/reference/triton.md#request-structure).
 */
export function parseInferRequest(
  body: Buffer,
  jsonBytes: number,
  model: string,
  maxBytes: number,
  memory: SharedMemory,
): InferRequest {
  refuseLargeJson(jsonBytes, maxBytes);
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

type RequestParameters = Pick<
  InferRequest,
  'binaryDataOutput' | 'priority' | 'timeout' | 'sequence' | 'parameters'
>;
const DEFAULT_PARAMETERS: RequestParameters = {
  binaryDataOutput: false,
  priority: 0,
  timeout: 0,
  sequence: NO_SEQUENCE,
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
  let sequence = NO_SEQUENCE;
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
        sequence = { ...sequence, id: readSequenceId(member, context) };
        break;
      case 'sequence_start':
        sequence = { ...sequence, start: asBoolean(member, context) };
        break;
      case 'sequence_end':
        sequence = { ...sequence, end: asBoolean(member, context) };
        break;
      default:
        custom.set(key, customParameter(key, member));
    }
  }
  return { binaryDataOutput, priority, timeout, sequence, parameters: custom };
}

function readSequenceId(value: JsonValue, context: string): bigint | string {
  if ((typeof value === 'number' || typeof value === 'bigint') && value >= 0) return BigInt(value);
  const id = asString(value, context);
  if (Buffer.byteLength(id) > MAX_SEQUENCE_ID)
    throw unsupported(`string correlation ID cannot be longer than ${MAX_SEQUENCE_ID} characters`);
  return id;
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
