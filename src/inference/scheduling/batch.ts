import { ELEMENT_BYTES, elementCount, KServeError, requestPrefix, type Tensor } from '../../kserve/index.ts';
import { type BatchLayout, makeBatchInputs, type ScatteredOutput } from './batch-layout.ts';
import type { ExecutedRequest } from './scheduled-request.ts';

/** What a batch is built from and split into. */
export type BatchMember = Pick<ExecutedRequest, 'request' | 'inputs' | 'batchSize'>;

/** The inputs of several requests, concatenated along the batch dimension; each byte is copied once. */
export function joinInputs(
  requests: readonly BatchMember[],
  batchSize: number,
  { ragged, batchInputs }: BatchLayout,
): readonly Tensor[] {
  const [first] = requests;
  if (!first) return [];
  if (requests.length === 1 && ragged.size === 0 && batchInputs.length === 0) return first.inputs;
  const joined = first.inputs.map((input): Tensor => {
    const parts = requests.map(({ inputs }) => inputs.find(({ name }) => name === input.name));
    const data = joinData(parts);
    if (!ragged.has(input.name)) return { ...input, shape: [batchSize, ...input.shape.slice(1)], data };
    const elements = parts.reduce((count, part) => count + elementCount(part?.shape ?? [0]), 0);
    return { ...input, shape: [elements], data };
  });
  return batchInputs.length === 0 ? joined : [...joined, ...makeBatchInputs(batchInputs, requests)];
}

function joinData(parts: readonly (Tensor | undefined)[]): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0].data;
  const data = new Uint8Array(parts.reduce((size, part) => size + (part?.data.byteLength ?? 0), 0));
  let at = 0;
  for (const part of parts) {
    if (!part) continue;
    data.set(part.data, at);
    at += part.data.byteLength;
  }
  return data;
}

/**
 * The outputs of a batch, or the error, for each of its requests. As in Triton's output responder, each gets as many
 * entries as the first dimension of its inputs, starting where the previous request ended.
 */
export function cutOutputs(
  outputs: readonly Tensor[],
  requests: readonly BatchMember[],
  layout: BatchLayout,
): readonly (readonly Tensor[] | KServeError)[] {
  if (!layout.batches && layout.scattered.size === 0) return requests.map(() => outputs);
  const cursors = outputs.map((output) => new OutputCursor(output));
  return requests.map((request) => {
    const cut: Tensor[] = [];
    let refusal: KServeError | undefined;
    for (const cursor of cursors) {
      const scattered = layout.scattered.get(cursor.output.name);
      const part = scattered ? cursor.scatter(request, scattered) : cursor.take(request, layout.batches);
      if (part instanceof KServeError) refusal ??= part;
      else cut.push(part);
    }
    return refusal ?? cut;
  });
}

/** One output, from which the requests take their parts in order. */
class OutputCursor {
  readonly output: Tensor;
  #byte = 0;
  #entry = 0;

  constructor(output: Tensor) {
    this.output = output;
  }

  /** As many entries as the request has. */
  take(request: BatchMember, batches: boolean): Tensor | KServeError {
    const { output } = this;
    if (!batches) return output;
    const has = output.shape[0] ?? 0;
    this.#entry += request.batchSize;
    if (this.#entry > has) {
      return new KServeError(
        'Unsupported',
        `${requestPrefix(request.request.id)}failed to split the output tensor '${output.name}' in responses: expected batch size of at least ${this.#entry} in model output, got ${has}`,
      );
    }
    // Usually all of it.
    if (this.#entry === request.batchSize && has === request.batchSize) return output;
    return this.#cut([request.batchSize, ...output.shape.slice(1)]) ?? this.#tooShort(request);
  }

  /** As many elements as the shape of the request's input implies. */
  scatter(request: BatchMember, { source, shape }: ScatteredOutput): Tensor | KServeError {
    const given = request.inputs.find(({ name }) => name === source)?.shape ?? [];
    const wanted = shape.map((dim, index) => (dim === -1 ? (given[index] ?? 1) : dim));
    return this.#cut(wanted) ?? this.#tooShort(request);
  }

  /** The next elements in this shape; undefined if the output has no more. */
  #cut(shape: readonly number[]): Tensor | undefined {
    const { data, datatype } = this.output;
    const start = this.#byte;
    const count = elementCount(shape);
    const end =
      datatype === 'BYTES' ? skipStrings(data, start, count) : start + count * ELEMENT_BYTES[datatype];
    if (end > data.byteLength) return undefined;
    this.#byte = end;
    return { ...this.output, shape, data: data.subarray(start, end) };
  }

  /** Triton would read beyond the output. */
  #tooShort({ request }: BatchMember): KServeError {
    return new KServeError(
      'Internal',
      `${requestPrefix(request.id)}the output '${this.output.name}' holds fewer elements than the batch's requests ask for`,
    );
  }
}

function skipStrings(data: Uint8Array, start: number, count: number): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = start;
  for (let index = 0; index < count && at <= data.byteLength; index += 1)
    at = at + 4 <= data.byteLength ? at + 4 + view.getUint32(at, true) : data.byteLength + 1;
  return at;
}
