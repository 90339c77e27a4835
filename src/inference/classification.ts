import {
  type Datatype,
  ELEMENT_BYTES,
  elementCount,
  invalidArgument,
  joinBytesTensor,
  type Tensor,
} from '../kserve/index.ts';

const MAX_ELEMENTS = 1_000_000;

/**
 * The classification extension: the `classes` highest values of each batch entry as `VALUE:INDEX[:LABEL]`.
 * @throws KServeError for datatypes without an order, and for outputs of more than a million elements.
 */
export function classify(
  tensor: Tensor,
  classes: number,
  labels: readonly string[],
  batches: boolean,
): Tensor {
  const read = READERS[tensor.datatype];
  if (!read)
    throw invalidArgument(
      `class result not available for output due to unsupported type '${tensor.datatype}'`,
    );
  const total = elementCount(tensor.shape);
  if (total > MAX_ELEMENTS) throw invalidArgument('classification output tensor too large');
  const rows = batches ? (tensor.shape[0] ?? 1) : 1;
  const columns = rows === 0 ? 0 : total / rows;
  const wanted = Math.min(classes, columns);
  const view = new DataView(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);
  const width = ELEMENT_BYTES[tensor.datatype];
  const elements: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    const values = Array.from({ length: columns }, (_none, index) => ({
      index,
      value: read(view, (row * columns + index) * width),
    }));
    values.sort((a, b) => (a.value < b.value ? 1 : Number(b.value < a.value) * -1));
    for (const { index, value } of values.slice(0, wanted)) {
      const label = labels[index];
      const written = tensor.datatype === 'FP32' || tensor.datatype === 'FP64' ? writeFixed(value) : value;
      elements.push(
        label === undefined || label === '' ? `${written}:${index}` : `${written}:${index}:${label}`,
      );
    }
  }
  return {
    name: tensor.name,
    datatype: 'BYTES',
    shape: batches ? [rows, wanted] : [wanted],
    data: joinBytesTensor(elements),
  };
}

/** As C++ `std::to_string` prints a floating point value. */
function writeFixed(value: number | bigint): string {
  const number = Number(value);
  if (Number.isNaN(number)) return 'nan';
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf';
  if (Math.abs(number) >= 1e21) return `${BigInt(number)}.000000`;
  return `${Object.is(number, -0) ? '-' : ''}${number.toFixed(6)}`;
}

const READERS: Partial<Record<Datatype, (view: DataView, at: number) => number | bigint>> = {
  UINT8: (view, at) => view.getUint8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  UINT64: (view, at) => view.getBigUint64(at, true),
  INT8: (view, at) => view.getInt8(at),
  INT16: (view, at) => view.getInt16(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT64: (view, at) => view.getBigInt64(at, true),
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
};
