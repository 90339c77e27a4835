import type { Tensor } from '../../kserve/index.ts';
import type { ExecutedRequest } from './scheduled-request.ts';

/** The inputs of several requests as one: concatenated along the batch dimension, each byte copied once. */
export function joinInputs(requests: readonly ExecutedRequest[], batchSize: number): readonly Tensor[] {
  const [first] = requests;
  if (!first) return [];
  if (requests.length === 1) return first.inputs;
  return first.inputs.map((input) => {
    const parts = requests.map(({ inputs }) => inputs.find(({ name }) => name === input.name));
    const data = new Uint8Array(parts.reduce((size, part) => size + (part?.data.byteLength ?? 0), 0));
    let at = 0;
    for (const part of parts) {
      if (!part) continue;
      data.set(part.data, at);
      at += part.data.byteLength;
    }
    return { ...input, shape: [batchSize, ...input.shape.slice(1)], data };
  });
}

/** The part of each output that belongs to the request at `offset` of the batch; undefined where it cannot be cut. */
export function cutOutputs(
  outputs: readonly Tensor[],
  offset: number,
  size: number,
  batchSize: number,
): readonly Tensor[] | undefined {
  if (offset === 0 && size === batchSize) return outputs;
  const cut: Tensor[] = [];
  for (const output of outputs) {
    if (output.shape[0] !== batchSize) return undefined;
    const shape = [size, ...output.shape.slice(1)];
    if (output.datatype === 'BYTES') {
      const perEntry = shape.slice(1).reduce((count, dim) => count * dim, 1);
      cut.push({ ...output, shape, data: cutStrings(output.data, offset * perEntry, size * perEntry) });
      continue;
    }
    const width = output.data.byteLength / batchSize;
    cut.push({ ...output, shape, data: output.data.subarray(offset * width, (offset + size) * width) });
  }
  return cut;
}

function cutStrings(data: Uint8Array, skip: number, count: number): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  for (let index = 0; index < skip; index += 1) at += 4 + view.getUint32(at, true);
  const start = at;
  for (let index = 0; index < count; index += 1) at += 4 + view.getUint32(at, true);
  return data.subarray(start, at);
}
