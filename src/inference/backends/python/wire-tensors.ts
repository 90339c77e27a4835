import { type Datatype, KServeError, type KServeErrorCode, type Tensor } from '../../../kserve/index.ts';
import type { ModelError, ModelTensor } from '../../../python/index.ts';

/** Datatypes by their numbers in Triton's C API (`TRITONSERVER_DataType`), from 1 on. */
const DATATYPES: readonly Datatype[] = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
  'BF16',
];
const NUMBERS = new Map(DATATYPES.map((datatype, index) => [datatype, index + 1]));

/** Error codes by their numbers in Triton's C API (`TRITONSERVER_Error_Code`). */
const CODES: readonly KServeErrorCode[] = [
  'Unknown',
  'Internal',
  'Not found',
  'Invalid argument',
  'Unavailable',
  'Unsupported',
  'Already exists',
  'Cancelled',
];

export function toModelTensor({ name, datatype, shape, data }: Tensor): ModelTensor {
  return { name, datatype: NUMBERS.get(datatype) ?? 0, shape, data };
}

export function fromModelTensor({ name, datatype, shape, data }: ModelTensor): Tensor {
  return { name, datatype: DATATYPES[datatype - 1] ?? 'BYTES', shape, data };
}

export function toKServeError({ code, message }: ModelError): KServeError {
  return new KServeError(CODES[code] ?? 'Internal', message);
}

/** An error for a model that called another one: Triton keeps its text and loses its code. */
export function toModelError(error: unknown): ModelError {
  return { code: CODES.indexOf('Internal'), message: error instanceof Error ? error.message : String(error) };
}
