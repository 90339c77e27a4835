import { createRequire } from 'node:module';
import type { DataType, OnnxInterface } from '../../../src/repository/index.ts';

interface ValueMetadata {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type?: string;
  readonly shape?: readonly (number | string)[];
}

interface Session {
  readonly inputMetadata: readonly ValueMetadata[];
  readonly outputMetadata: readonly ValueMetadata[];
  release(): Promise<void>;
}

const ELEMENT_TYPES: Readonly<Record<string, DataType>> = {
  bool: 'TYPE_BOOL',
  uint8: 'TYPE_UINT8',
  uint16: 'TYPE_UINT16',
  uint32: 'TYPE_UINT32',
  uint64: 'TYPE_UINT64',
  int8: 'TYPE_INT8',
  int16: 'TYPE_INT16',
  int32: 'TYPE_INT32',
  int64: 'TYPE_INT64',
  float16: 'TYPE_FP16',
  float32: 'TYPE_FP32',
  float64: 'TYPE_FP64',
  string: 'TYPE_STRING',
};

const ERRORS_ONLY = 3;

/** The interface of a model as the real ONNX Runtime reports it. */
export async function readOnnxInterface(file: string): Promise<OnnxInterface> {
  const { InferenceSession } = createRequire(import.meta.url)('onnxruntime-node') as {
    InferenceSession: { create(file: string, options: object): Promise<Session> };
  };
  const session = await InferenceSession.create(file, { logSeverityLevel: ERRORS_ONLY });
  try {
    return { inputs: session.inputMetadata.map(toTensor), outputs: session.outputMetadata.map(toTensor) };
  } finally {
    await session.release();
  }
}

function toTensor({ name, type = '', shape }: ValueMetadata) {
  return {
    name,
    dataType: ELEMENT_TYPES[type] ?? 'TYPE_INVALID',
    shape: shape?.map((dim) => (typeof dim === 'number' ? dim : -1)),
  };
}
