/** The tensor datatypes of the Open Inference Protocol with Triton's additions. */
export type Datatype =
  | 'BOOL'
  | 'UINT8'
  | 'UINT16'
  | 'UINT32'
  | 'UINT64'
  | 'INT8'
  | 'INT16'
  | 'INT32'
  | 'INT64'
  | 'FP16'
  | 'FP32'
  | 'FP64'
  | 'BF16'
  | 'BYTES';

/** Bytes of one element; 0 for BYTES, whose elements carry their own length. */
export const ELEMENT_BYTES: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BF16: 2,
  BYTES: 0,
};

export function isDatatype(text: string): text is Datatype {
  return Object.hasOwn(ELEMENT_BYTES, text);
}

/** The protocol's name for the `data_type` of a model configuration; undefined for TYPE_INVALID and unknown types. */
export function datatypeOfConfig(dataType: string): Datatype | undefined {
  if (dataType === 'TYPE_STRING') return 'BYTES';
  const name = dataType.startsWith('TYPE_') ? dataType.slice('TYPE_'.length) : '';
  return isDatatype(name) && name !== 'BYTES' ? name : undefined;
}

/** The `data_type` of a model configuration for one of the protocol's datatypes. */
export function configTypeOf(datatype: Datatype): string {
  return datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`;
}

/** The number of elements of a shape; 1 for rank 0. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dim of shape) count *= dim;
  return count;
}
