import { type Datatype, ELEMENT_BYTES } from './datatypes.ts';
import { NO_SEQUENCE } from './infer-request.ts';
import { asParameter, asString } from './json-access.ts';
import { type JsonMember, readJsonMembers } from './json-reader.ts';
import { countElements, decodeJsonTensor } from './json-tensor.ts';
import { internal, invalidArgument, KServeError } from './kserve-error.ts';
import type { InferInput, InferRequest, ParameterValue } from './messages.ts';
import { requestPrefix } from './request-prefix.ts';

/** An input as its model declares it, batch dimension included. */
export interface GenerateInput {
  readonly datatype: Datatype;
  readonly shape: readonly number[];
}

/**
 * Reads a request of the generate extension: one flat object whose members are inputs, by name, and parameters.
 * @param maxBytes limit for each tensor
 * @throws KServeError with the texts of Triton's HTTP layer
 */
export function parseGenerateRequest(
  body: Buffer,
  inputsOfModel: ReadonlyMap<string, GenerateInput>,
  maxBytes: number,
): InferRequest {
  const text = body.toString('latin1');
  const members = readMembers(text);
  const idMember = members.find(({ key }) => key === 'id');
  const id = idMember === undefined ? '' : asString(idMember.value, "Unable to parse 'id': ");
  const inputs = new Map<string, InferInput>();
  const parameters = new Map<string, ParameterValue>();
  const convert = (source: string, { key, value, span }: JsonMember): void => {
    const model = inputsOfModel.get(key);
    if (model) {
      if (inputs.has(key))
        throw invalidArgument(`${requestPrefix(id)}input '${key}' already exists in request`);
      inputs.set(key, readTensor(source, { key, value, span }, model, maxBytes));
    } else if (key === 'parameters') {
      convertNested(source.slice(span.start, span.end), convert);
    } else {
      const parameter = asParameter(value);
      if (parameter === undefined)
        throw invalidArgument(
          `parameter '${key}' has invalid type. It should be either 'int', 'bool', or 'string'.`,
        );
      parameters.set(key, parameter);
    }
  };
  for (const member of members) convert(text, member);
  const rest = {
    outputs: [],
    binaryDataOutput: false,
    priority: 0,
    timeout: 0,
    sequence: NO_SEQUENCE,
    raw: false,
  };
  return { id, inputs: [...inputs.values()], parameters, ...rest };
}

function readMembers(text: string): readonly JsonMember[] {
  const members = readJsonMembers(text);
  if (!members) throw internal('attempt to get members for non-object');
  return members;
}

function convertNested(text: string, convert: (source: string, member: JsonMember) => void): void {
  const members = readJsonMembers(text);
  if (!members)
    throw internal(
      "Expected JSON object for keyword: 'parameters': attempt to access JSON non-object as object",
    );
  try {
    for (const member of members) convert(text, member);
  } catch (error) {
    if (!(error instanceof KServeError)) throw error;
    throw new KServeError(error.code, `Converting keyword: 'parameters': ${error.message}`);
  }
}

function readTensor(
  text: string,
  { key: name, span }: JsonMember,
  { datatype, shape: modelShape }: GenerateInput,
  maxBytes: number,
): InferInput {
  const count = countElements(text, span);
  const shape = fillShape(modelShape, count);
  if (!shape) throw invalidArgument(`The schema can not convert input '${name}' to tensor with proper shape`);
  if (datatype === 'FP16' || datatype === 'BF16')
    throw invalidArgument(
      `receiving ${datatype} data via JSON is not supported. Please use the binary data format for input ${name}`,
    );
  const size = count * (ELEMENT_BYTES[datatype] || 4);
  if (size > maxBytes)
    throw invalidArgument(
      `JSON input '${name}' has a byte_size (${size} bytes) that exceeds the maximum allowed value of ${maxBytes} bytes. Use --http-max-input-size to increase the limit.`,
    );
  return { name, datatype, shape, data: decodeJsonTensor(text, span, datatype, count) };
}

/**
 * Gives the innermost variable dimension what the fixed ones leave and the others 1; undefined if that does not fit.
 */
function fillShape(modelShape: readonly number[], count: number): readonly number[] | undefined {
  const fixed = modelShape.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  if (count % fixed !== 0) return undefined;
  let rest = count / fixed;
  const shape = [...modelShape];
  for (let at = shape.length - 1; at >= 0; at -= 1) {
    if (shape[at] !== -1) continue;
    shape[at] = rest;
    rest = 1;
  }
  return rest === 1 ? shape : undefined;
}
