import type { DataType } from './model-config.ts';
import type { OnnxValueKind } from './onnx-header.ts';

/** One input or output as the ONNX file declares it. */
export interface OnnxTensor {
  readonly name: string;
  /** `TYPE_INVALID` for types that Triton does not have. */
  readonly dataType: DataType;
  /** -1 for a symbolic or unknown dimension; undefined if the file declares no shape. */
  readonly shape: readonly number[] | undefined;
  /** Absent for tensors; Triton's backend refuses all other kinds. */
  readonly kind?: OnnxValueKind;
}

/** The interface of an ONNX model: inputs without overridable initializers, in the graph's order. */
export interface OnnxInterface {
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
  /** Initializers that a request may override, for configured `optional` inputs; undefined if unknown. */
  readonly initializers?: readonly OnnxTensor[];
}
