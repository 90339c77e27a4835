import {
  ELEMENT_BYTES,
  elementCount,
  type InferInput,
  type InferRequest,
  invalidArgument,
  isDatatype,
  joinBytesTensor,
  requestPrefix,
  type Tensor,
} from '../kserve/index.ts';
import type { ModelSignature, SignatureInput } from './model-signature.ts';

/** A request that fits its model. */
export interface NormalizedRequest {
  /** In the model's shapes. */
  readonly inputs: readonly Tensor[];
  /** 1 for a model that does not batch. */
  readonly batchSize: number;
}

/**
 * Checks a request against its model in the order and with the messages of Triton's core
 * (docs/reference/triton.md#core-validation), and gives the tensors the model's shapes.
 * @throws KServeError
 */
export function normalizeRequest(request: InferRequest, signature: ModelSignature): NormalizedRequest {
  const prefix = requestPrefix(request.id);
  // Triton checks its inputs from last to first, which determines the input that an error names.
  const given = request.raw
    ? [deduceRawInput(request, signature, prefix)]
    : request.inputs.length > 1
      ? [...request.inputs].reverse()
      : request.inputs;
  checkOutputs(request, signature);
  checkCount(given, signature, prefix);
  const batchSize = findBatchSize(given, signature, prefix);
  const inputs: Tensor[] = [];
  for (const input of given)
    inputs.push(
      normalizeInput(input, wanted(input.name, signature), batchSize, signature, prefix, request.raw),
    );
  // Backends receive them in the order in which they were sent.
  return { inputs: inputs.reverse(), batchSize: Math.max(1, batchSize) };
}

/** Of several unknown outputs, the first by name is reported. */
function checkOutputs({ outputs }: InferRequest, signature: ModelSignature): void {
  let unknown: string | undefined;
  for (const { name } of outputs)
    if (!signature.outputs.has(name) && (unknown === undefined || name < unknown)) unknown = name;
  if (unknown !== undefined)
    throw invalidArgument(`unexpected inference output '${unknown}' for model '${signature.model}'`);
}

function wanted(name: string, signature: ModelSignature): SignatureInput {
  const input = signature.inputs.get(name);
  if (!input) throw invalidArgument(`unexpected inference input '${name}' for model '${signature.model}'`);
  return input;
}

function deduceRawInput(request: InferRequest, signature: ModelSignature, prefix: string): InferInput {
  const [input, ...others] = signature.inputs.values();
  const data = request.inputs[0]?.data ?? new Uint8Array(0);
  if (!input || others.length > 0)
    throw invalidArgument(
      `${prefix}Raw request must only have 1 input (found 1) to be deduced but got ${signature.inputs.size} inputs in '${signature.model}' model configuration`,
    );
  const { name, datatype, dims } = input;
  if (dims.filter((dim) => dim === -1).length > 1)
    throw invalidArgument(
      `${prefix}The shape of the raw input '${name}' can not be deduced because there are more than one variable-sized dimension`,
    );
  const batch = signature.maxBatchSize > 0 ? [1] : [];
  if (datatype === 'BYTES') {
    if (elementCount(dims) !== 1)
      throw invalidArgument(
        `${prefix}For BYTE datatype raw input '${name}', the model must have input shape [1]`,
      );
    return { name, datatype, shape: [...batch, ...dims.map(() => 1)], data: joinBytesTensor([data]) };
  }
  const fixed = dims.reduce((count, dim) => (dim === -1 ? count : count * dim), ELEMENT_BYTES[datatype]);
  const rest = Math.floor(data.byteLength / fixed);
  return { name, datatype, shape: [...batch, ...dims.map((dim) => (dim === -1 ? rest : dim))], data };
}

function checkCount(given: readonly InferInput[], signature: ModelSignature, prefix: string): void {
  const { requiredInputs: required, inputs, model } = signature;
  if (given.length >= required && given.length <= inputs.size) return;
  const names = new Set(given.map(({ name }) => name));
  const missing = [...inputs.values()].filter(({ name, optional }) => !optional && !names.has(name));
  const expected =
    required === inputs.size
      ? `${required} inputs`
      : `number of inputs between ${required} and ${inputs.size}`;
  // In Triton too, an empty list of missing inputs lacks its bracket.
  const missed = missing.length > 0 ? quoteNames(missing.map(({ name }) => name).sort()) : ']';
  throw invalidArgument(
    `${prefix}expected ${expected} but got ${given.length} inputs for model '${model}'. Got input(s) ${quoteNames([...names])}, but missing required input(s) ${missed}. Please provide all required input(s).`,
  );
}

function quoteNames(names: string[]): string {
  return `[${names.map((name) => `'${name}'`).join(',')}]`;
}

/** Also checks that the model has every input. 0 for a model that does not batch. */
function findBatchSize(given: readonly InferInput[], signature: ModelSignature, prefix: string): number {
  // A batch size of 0 counts as not known yet.
  let batchSize = 0;
  for (const input of given) {
    wanted(input.name, signature);
    if (signature.maxBatchSize === 0) continue;
    const first = input.shape[0];
    if (first === undefined)
      throw invalidArgument(
        `${prefix}input '${input.name}' has no shape but model requires batch dimension for '${signature.model}'`,
      );
    if (batchSize > 0 && first !== batchSize) throw wrongBatch(input.name, signature.model, prefix);
    batchSize = first;
  }
  if (batchSize > signature.maxBatchSize)
    throw invalidArgument(
      `${prefix}inference request batch-size must be <= ${signature.maxBatchSize} for '${signature.model}'`,
    );
  return batchSize;
}

function wrongBatch(name: string, model: string, prefix: string): Error {
  return invalidArgument(`${prefix}input '${name}' batch size does not match other inputs for '${model}'`);
}

const BATCH_NOTE =
  'NOTE: Setting a non-zero max_batch_size in the model config requires a batch dimension to be prepended to each input shape. If you want to specify the full shape including the batch dim in your input dims config, try setting max_batch_size to zero. See the model configuration docs for more info on max_batch_size.';

function normalizeInput(
  input: InferInput,
  config: SignatureInput,
  batchSize: number,
  { model, maxBatchSize }: ModelSignature,
  prefix: string,
  raw: boolean,
): Tensor {
  const { name, datatype, shape, data } = input;
  if (datatype !== config.datatype)
    throw invalidArgument(
      `${prefix}inference input '${name}' data-type is '${isDatatype(datatype) ? datatype : '<invalid>'}', but model '${model}' expects '${config.datatype}'`,
    );
  const unspecified = () =>
    invalidArgument(
      `${prefix}All input dimensions should be specified for input '${name}' for model '${model}', got [${shape}]`,
    );
  const misfit = findMisfit(shape, config.shape, maxBatchSize > 0 ? 1 : 0);
  if (misfit === 'unspecified') throw unspecified();
  if (misfit === 'unexpected')
    throw invalidArgument(
      `${prefix}unexpected shape for input '${name}' for model '${model}'. Expected [${config.shape}], got [${shape}]. ${maxBatchSize > 0 ? BATCH_NOTE : ''}`,
    );
  // Triton accepts an empty input if it is the last one; merged with other requests, it would break their batch.
  if (maxBatchSize > 0 && shape[0] !== batchSize) throw wrongBatch(name, model, prefix);
  const count = maxBatchSize > 0 && batchSize <= 0 ? elementsOfOddBatch(shape) : elementCount(shape);
  if (config.datatype === 'BYTES') {
    checkStrings(data, count, name, model, prefix);
  } else {
    const expected = count * ELEMENT_BYTES[config.datatype];
    if (data.byteLength !== expected)
      throw invalidArgument(
        `${prefix}input byte size mismatch for input '${raw ? 'raw_input' : name}' for model '${model}'. Expected ${asInt64(expected)}, got ${data.byteLength}`,
      );
  }
  // Triton passes on what multiplies to the right number.
  if (shape.some((dim) => dim < 0)) throw unspecified();
  return { name, datatype: config.datatype, shape: modelShape(shape, config, maxBatchSize > 0), data };
}

/** A batch of none counts as one; Triton has the size of a batch in 32 bits without a sign. */
function elementsOfOddBatch([size = 0, ...dims]: readonly number[]): number {
  return elementCount(dims) * (size === 0 ? 1 : size >>> 0);
}

/** The first thing wrong with a shape; `unspecified` for a dimension of -1, which only gRPC can send. */
function findMisfit(
  shape: readonly number[],
  config: readonly number[],
  first: number,
): 'unspecified' | 'unexpected' | undefined {
  if (shape.length !== config.length) return 'unexpected';
  for (let index = first; index < shape.length; index += 1) {
    if (shape[index] === -1) return 'unspecified';
    if (config[index] !== -1 && config[index] !== shape[index]) return 'unexpected';
  }
  return undefined;
}

/** A number as C++ has it in 64 bits. */
function asInt64(value: number): number | bigint {
  return Number.isSafeInteger(value) ? value : BigInt.asIntN(64, BigInt(value));
}

/** The clients' `dims` in the shape that `reshape` defines; variable dimensions keep their order. */
function modelShape(shape: readonly number[], config: SignatureInput, batches: boolean): readonly number[] {
  return config.reshape ? mapShape(shape, config.dims, config.reshape, batches) : shape;
}

/** Copies the variable dimensions of `from` to those of `to`; the batch dimension stays first. */
export function mapShape(
  shape: readonly number[],
  from: readonly number[],
  to: readonly number[],
  batches: boolean,
): readonly number[] {
  const own = batches ? shape.slice(1) : shape;
  const variable = own.filter((_dim, index) => from[index] === -1);
  let next = 0;
  const mapped = to.map((dim) => {
    if (dim !== -1) return dim;
    next += 1;
    return variable[next - 1] ?? 1;
  });
  return batches ? [shape[0] ?? 1, ...mapped] : mapped;
}

function checkStrings(data: Uint8Array, expected: number, name: string, model: string, prefix: string): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let count = 0;
  let at = 0;
  while (at < data.byteLength) {
    if (data.byteLength - at < 4)
      throw invalidArgument(
        `${prefix}incomplete string length indicator for inference input '${name}' for model '${model}', expecting 4 bytes but only ${data.byteLength - at} bytes available. Please make sure the string length indicator is in one buffer.`,
      );
    if (count >= expected)
      throw invalidArgument(
        `${prefix}unexpected number of string elements ${count + 1} for inference input '${name}' for model '${model}', expecting ${expected}`,
      );
    at += 4 + view.getUint32(at, true);
    count += 1;
  }
  if (count < expected)
    throw invalidArgument(
      `${prefix}expected ${expected} string elements for inference input '${name}' for model '${model}', got ${count}`,
    );
}
