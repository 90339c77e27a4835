import { type Datatype, ELEMENT_BYTES, invalidArgument, isDatatype } from '../../kserve/index.ts';
import type { InferInputMessage } from './infer-message.ts';
import { CONTENT_KINDS, type ContentKind, type TensorContents } from './tensor-contents.ts';

/** The datatypes that each field of `contents` is for; the first is named where the input has another. */
const DATATYPES: Readonly<Record<ContentKind, readonly Datatype[]>> = {
  bool: ['BOOL'],
  int: ['INT32', 'INT8', 'INT16'],
  int64: ['INT64'],
  uint: ['UINT32', 'UINT8', 'UINT16'],
  uint64: ['UINT64'],
  fp32: ['FP32'],
  fp64: ['FP64'],
  bytes: ['BYTES'],
};

/**
 * The bytes of an input whose elements came in typed fields; none where all fields are empty.
 * @throws KServeError for a field of another datatype, and for a second field
 */
export function contentBytes(
  { name, datatype }: InferInputMessage,
  contents: TensorContents,
  model: string,
): Uint8Array {
  let bytes: Uint8Array | undefined;
  for (const kind of CONTENT_KINDS) {
    const elements = contents.get(kind);
    if (!elements) continue;
    const context = `unexpected explicit tensor data for input tensor '${name}' for model '${model}'`;
    if (bytes) throw invalidArgument(`${context}, binary data was already supplied.`);
    const own = DATATYPES[kind];
    if (!isDatatype(datatype) || !own.includes(datatype))
      throw invalidArgument(
        `${context} of type '${own[0]}', expected datatype '${isDatatype(datatype) ? datatype : '<invalid>'}'`,
      );
    bytes = narrow(elements, kind, ELEMENT_BYTES[datatype]);
  }
  return bytes ?? new Uint8Array(0);
}

/** Integers of 8 and 16 bits come in fields of 32: their low bytes count. */
function narrow(elements: Uint8Array, kind: ContentKind, width: number): Uint8Array {
  if ((kind !== 'int' && kind !== 'uint') || width === 4) return elements;
  const count = elements.length / 4;
  const narrowed = new Uint8Array(count * width);
  for (let index = 0; index < count; index += 1)
    for (let byte = 0; byte < width; byte += 1)
      narrowed[index * width + byte] = elements[index * 4 + byte] ?? 0;
  return narrowed;
}
