import { elementCount } from './datatypes.ts';
import { quoteText, writeDouble, writeTensorData } from './json-writer.ts';
import { internal } from './kserve-error.ts';
import type { ParameterValue, SharedMemoryTarget, Tensor } from './messages.ts';

/** One output of an answer and its encoding. */
export interface ResponseOutput {
  readonly tensor: Tensor;
  readonly binary: boolean;
  readonly shared?: SharedMemoryTarget | undefined;
}

/** A response body in the order of sending: the JSON, then the binary tensors, not copied. */
export interface EncodedResponse {
  readonly json: Buffer;
  readonly tensors: readonly Uint8Array[];
  readonly totalBytes: number;
}

/**
 * Writes an answer as Triton does: compact, fields in its order, flat data. Outputs for shared memory are written there
 * and only described in the answer.
 * @throws KServeError for FP16 and BF16 outputs requested as JSON, and for shared memory that is too small
 */
export function encodeInferResponse(
  id: string,
  modelName: string,
  modelVersion: string,
  outputs: readonly ResponseOutput[],
  parameters?: ReadonlyMap<string, ParameterValue>,
): EncodedResponse {
  const tensors: Uint8Array[] = [];
  let binaryBytes = 0;
  let text = id === '' ? '{' : `{"id":${quoteText(id)},`;
  text += `"model_name":${quoteText(modelName)},"model_version":"${modelVersion}",${writeParameters(parameters)}"outputs":[`;
  for (let index = 0; index < outputs.length; index += 1) {
    const output = outputs[index];
    if (!output) continue;
    const { name, datatype, shape, data } = output.tensor;
    if (index > 0) text += ',';
    text += `{"name":${quoteText(name)},"datatype":"${datatype}","shape":[${shape.join(',')}],`;
    if (output.shared) {
      writeSharedOutput(output.shared, output.tensor);
      text = `${text.slice(0, -1)}}`;
    } else if (output.binary) {
      text += `"parameters":{"binary_data_size":${data.byteLength}}}`;
      if (data.byteLength > 0) tensors.push(data);
      binaryBytes += data.byteLength;
    } else {
      text += `"data":${writeTensorData(datatype, data, elementCount(shape))}}`;
    }
  }
  const json = Buffer.from(`${text}]}`, 'latin1');
  return { json, tensors, totalBytes: json.byteLength + binaryBytes };
}

function writeParameters(parameters: ReadonlyMap<string, ParameterValue> | undefined): string {
  if (!parameters || parameters.size === 0) return '';
  const members = [...parameters].map(([key, value]) => `${quoteText(key)}:${writeParameter(value)}`);
  return `"parameters":{${members.join(',')}},`;
}

/** A parameter as JSON: its bytes as Latin-1 characters. */
export function writeParameter(value: ParameterValue): string {
  if (typeof value === 'string') return quoteText(value);
  return typeof value === 'number' && !Number.isInteger(value) ? writeDouble(value) : String(value);
}

/** Writes an output where its request wants it. @throws KServeError where the region is too small */
export function writeSharedOutput({ byteSize, write }: SharedMemoryTarget, { name, data }: Tensor): void {
  if (data.byteLength > byteSize)
    throw internal(
      `shared memory size specified with the request for output '${name}' (${byteSize} bytes) should be at least ${data.byteLength} bytes to hold the results`,
    );
  write(data);
}
