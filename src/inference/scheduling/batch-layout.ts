import { elementCount, type Tensor } from '../../kserve/index.ts';
import type { BatchInput, ModelConfig } from '../../repository/index.ts';

/** An output that is cut by the shape of an input instead of the batch size (`BATCH_SCATTER_WITH_INPUT_SHAPE`). */
export interface ScatteredOutput {
  readonly source: string;
  /** Shape per request, batch dimension first; -1 takes the size of the input's dimension at this position. */
  readonly shape: readonly number[];
}

/** How the requests of a batch become the tensors of one execution, and its outputs become their answers. */
export interface BatchLayout {
  readonly batches: boolean;
  /** Inputs that are joined into one flat row, because their shapes differ. */
  readonly ragged: ReadonlySet<string>;
  /** Inputs that the server generates from the shapes of others. */
  readonly batchInputs: readonly BatchInput[];
  readonly scattered: ReadonlyMap<string, ScatteredOutput>;
}

export function batchLayoutOf({
  max_batch_size,
  input,
  output,
  batch_input,
  batch_output,
}: ModelConfig): BatchLayout {
  const scattered = new Map<string, ScatteredOutput>();
  const batch = max_batch_size > 0 ? [-1] : [];
  for (const { target_name, source_input } of batch_output) {
    // Triton takes the shape of the first target for all of them.
    const first = output.find(({ name }) => name === target_name[0]);
    const shape = [...batch, ...(first?.reshape?.shape ?? first?.dims ?? [])];
    for (const name of target_name) scattered.set(name, { source: source_input[0] ?? '', shape });
  }
  return {
    batches: max_batch_size > 0,
    ragged: new Set(input.filter((tensor) => tensor.allow_ragged_batch).map(({ name }) => name)),
    batchInputs: batch_input,
    scattered,
  };
}

/** The tensors that the server generates from the shapes of the requests' inputs (`batch_input`). */
export function makeBatchInputs(
  batchInputs: readonly BatchInput[],
  requests: readonly { readonly inputs: readonly Tensor[] }[],
): Tensor[] {
  return batchInputs.flatMap(({ kind, target_name, data_type, source_input }) => {
    const shapes = requests.map(
      ({ inputs }) => inputs.find(({ name }) => name === source_input[0])?.shape ?? [],
    );
    const { shape, values } = describeShapes(kind, shapes);
    const isFloat = data_type === 'TYPE_FP32';
    return target_name.map((name): Tensor => {
      const numbers = isFloat ? Float32Array.from(values) : Int32Array.from(values);
      return { name, datatype: isFloat ? 'FP32' : 'INT32', shape, data: new Uint8Array(numbers.buffer) };
    });
  });
}

/** @param shapes of one input in each request, batch dimension first */
function describeShapes(
  kind: BatchInput['kind'],
  shapes: readonly (readonly number[])[],
): { readonly shape: readonly number[]; readonly values: readonly number[] } {
  const counts = shapes.map((shape) => elementCount(shape));
  let sum = 0;
  const accumulated = () =>
    counts.map((count) => {
      sum += count;
      return sum;
    });
  const flat = (values: readonly number[]) => ({ shape: [values.length], values });
  switch (kind) {
    case 'BATCH_ELEMENT_COUNT':
      return flat(counts);
    case 'BATCH_ACCUMULATED_ELEMENT_COUNT':
      return flat(accumulated());
    case 'BATCH_ACCUMULATED_ELEMENT_COUNT_WITH_ZERO':
      return flat([0, ...accumulated()]);
    case 'BATCH_MAX_ELEMENT_COUNT_AS_SHAPE':
      // Only its size matters; Triton leaves the values uninitialised.
      return flat(new Array<number>(Math.max(0, ...counts)).fill(0));
    case 'BATCH_ITEM_SHAPE': {
      const items = itemShapes(shapes);
      return { shape: [items.length, shapes.at(-1)?.slice(1).length ?? 0], values: items.flat() };
    }
    case 'BATCH_ITEM_SHAPE_FLATTEN':
      return flat(itemShapes(shapes).flat());
  }
}

/** The shape of each entry of the batch, without the batch dimension. */
function itemShapes(shapes: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return shapes.flatMap(([entries = 0, ...dims]) => new Array<readonly number[]>(entries).fill(dims));
}
