import {
  type InferInput,
  type InferRequest,
  invalidArgument,
  NO_SEQUENCE,
  type ParameterValue,
  type RequestedOutput,
  requestPrefix,
  type SequencePosition,
  type SharedMemory,
  unsupported,
} from '../../kserve/index.ts';
import { cString } from './c-string.ts';
import type {
  InferInputMessage,
  InferMessage,
  InferOutputMessage,
  InferParameter,
  InferParameters,
} from './infer-message.ts';
import { readRegion } from './shared-tensor.ts';
import { contentBytes } from './typed-tensor.ts';

/** A request for the data plane, and its options for the transport. */
export interface TranslatedRequest {
  readonly request: InferRequest;
  /** Whether the end of a decoupled model's responses gets a separate, empty response. */
  readonly wantsEmptyFinal: boolean;
}

const NO_PARAMETERS: ReadonlyMap<string, ParameterValue> = new Map();
const NO_OUTPUTS: readonly RequestedOutput[] = [];
const ENABLE_EMPTY_FINAL = 'triton_enable_empty_final_response';
const MAX_SEQUENCE_ID_BYTES = 128;

/**
 * Translates a `ModelInferRequest` for the data plane. Checks in Triton's order: parameters, inputs, the data of the inputs,
 * outputs (`server/src/grpc/infer_handler.cc`).
 * @param memory resolves regions of shared memory
 * @param forwarded metadata of the call for the model, over parameters of the same names
 * @throws KServeError
 */
export function translateRequest(
  message: InferMessage,
  memory: SharedMemory,
  forwarded: ReadonlyMap<string, string> | undefined,
): TranslatedRequest {
  const id = cString(message.id);
  const read = message.parameters.size === 0 ? DEFAULTS : readParameters(message.parameters);
  const parameters = forwarded ? { ...read, parameters: new Map([...read.parameters, ...forwarded]) } : read;
  const { inputs: given } = message;
  if (given.length > 1) refuseTwice(given, id);
  const inputs: InferInput[] = [];
  let raw = 0;
  for (const input of given) {
    const region = readRegion(input);
    let data: Uint8Array;
    if (region) {
      if (input.contents)
        throw invalidArgument(
          `unexpected 'content' provided when using shared memory for input tensor '${input.name}' for model '${message.modelName}'`,
        );
      data = memory.read(region.name, region.offset, region.byteSize);
    } else if (input.contents) {
      if (message.rawInputContents.length > 0)
        throw invalidArgument(
          `contents field must not be specified when using raw_input_contents for '${input.name}' for model '${message.modelName}'`,
        );
      data = contentBytes(input, input.contents, message.modelName);
    } else {
      const next = message.rawInputContents[raw];
      raw += 1;
      if (!next)
        throw invalidArgument(
          `unable to find data for input tensor '${input.name}' for model '${message.modelName}' in request.`,
        );
      data = next;
    }
    inputs.push({ name: cString(input.name), datatype: cString(input.datatype), shape: input.shape, data });
  }
  const { wantsEmptyFinal, ...rest } = parameters;
  const outputs =
    message.outputs.length === 0 ? NO_OUTPUTS : message.outputs.map((output) => readOutput(output, memory));
  return { request: { id, inputs, outputs, binaryDataOutput: true, raw: false, ...rest }, wantsEmptyFinal };
}

function refuseTwice(inputs: readonly InferInputMessage[], id: string): void {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name))
      throw invalidArgument(`${requestPrefix(id)}input '${name}' already exists in request`);
    names.add(name);
  }
}

type RequestParameters = Pick<InferRequest, 'priority' | 'timeout' | 'sequence' | 'parameters'> & {
  readonly wantsEmptyFinal: boolean;
};

const DEFAULTS: RequestParameters = {
  priority: 0,
  timeout: 0,
  sequence: NO_SEQUENCE,
  parameters: NO_PARAMETERS,
  wantsEmptyFinal: false,
};

function readParameters(given: InferParameters): RequestParameters {
  let { priority, timeout, wantsEmptyFinal } = DEFAULTS;
  let sequence: SequencePosition = NO_SEQUENCE;
  const custom = new Map<string, ParameterValue>();
  for (const [key, parameter] of given) {
    switch (key) {
      case 'sequence_id':
        sequence = { ...sequence, id: sequenceId(parameter) };
        break;
      case 'sequence_start':
        sequence = { ...sequence, start: booleanOf(key, parameter) };
        break;
      case 'sequence_end':
        sequence = { ...sequence, end: booleanOf(key, parameter) };
        break;
      case 'priority':
        priority = priorityOf(parameter);
        break;
      case 'timeout':
        if (parameter.kind !== 'int64') throw wrongType(key, 'int64_param');
        timeout = Number(BigInt.asUintN(64, parameter.value));
        break;
      default:
        if (!key.startsWith('triton_')) custom.set(cString(key), customValue(key, parameter));
        else if (key === ENABLE_EMPTY_FINAL) wantsEmptyFinal = booleanOf(key, parameter);
        else
          throw invalidArgument(
            `parameter keys starting with 'triton_' are reserved for Triton usage. Only the following keys starting with 'triton_' are allowed: ${ENABLE_EMPTY_FINAL}`,
          );
    }
  }
  return { priority, timeout, sequence, parameters: custom, wantsEmptyFinal };
}

function sequenceId(parameter: InferParameter): bigint | string {
  if (parameter.kind === 'int64') return BigInt.asUintN(64, parameter.value);
  if (parameter.kind !== 'string') throw wrongType('sequence_id', 'int64_param or string_param');
  const id = cString(parameter.value);
  if (Buffer.byteLength(id) > MAX_SEQUENCE_ID_BYTES)
    throw unsupported(`string correlation ID cannot be longer than ${MAX_SEQUENCE_ID_BYTES} characters`);
  return id;
}

function priorityOf(parameter: InferParameter): number {
  if (parameter.kind !== 'int64' && parameter.kind !== 'uint64')
    throw wrongType('priority', 'int64_param or uint64_param');
  if (parameter.value < 0n) throw invalidArgument("invalid value for 'priority', expected value >= 0.");
  return Number(parameter.value);
}

function booleanOf(key: string, parameter: InferParameter): boolean {
  if (parameter.kind !== 'bool') throw wrongType(key, 'bool_param');
  return parameter.value;
}

function customValue(key: string, parameter: InferParameter): ParameterValue {
  switch (parameter.kind) {
    case 'bool':
    case 'double':
      return parameter.value;
    case 'string':
      return cString(parameter.value);
    case 'int64':
      return Number.isSafeInteger(Number(parameter.value)) ? Number(parameter.value) : parameter.value;
    default:
      throw invalidArgument(
        `invalid value type for '${key}' parameter, expected int64_param, bool_param, or string_param.`,
      );
  }
}

function wrongType(key: string, expected: string): Error {
  return invalidArgument(`invalid value type for '${key}' parameter, expected ${expected}.`);
}

function readOutput(output: InferOutputMessage, memory: SharedMemory): RequestedOutput {
  const name = cString(output.name);
  if (output.parameters.size === 0) return { name, binary: true, classification: 0 };
  const region = readRegion(output);
  const classification = readClassification(output.parameters.get('classification'));
  if (!region) return { name, binary: true, classification };
  if (classification > 0)
    throw invalidArgument("output can't set both 'shared_memory_region' and 'classification'");
  const shared = memory.claim(region.name, region.offset, region.byteSize);
  return { name, binary: true, classification, shared };
}

/** The number of classes that an output is requested with; 0 for a plain tensor. */
function readClassification(parameter: InferParameter | undefined): number {
  if (parameter === undefined) return 0;
  if (parameter.kind !== 'int64')
    throw invalidArgument("invalid value type for 'classification' parameter, expected int64_param");
  if (parameter.value <= 0n)
    throw invalidArgument("invalid value for 'classification' parameter, expected >= 0");
  return Number(BigInt.asUintN(32, parameter.value));
}
