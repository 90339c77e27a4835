export interface SessionTensor {
  readonly name: string;
  /** As in `TYPE_<type>` of a model configuration: FP32, INT64, STRING, … */
  readonly type: string;
  readonly dims: readonly number[];
  /** Little-endian bytes; for STRING the strings. */
  readonly data: Uint8Array | readonly string[];
}

export interface SessionTensorInfo {
  readonly name: string;
  /** Undefined for what is no tensor or of a type that cannot be carried (BF16). */
  readonly type: string | undefined;
  /** -1 for a dimension of any size; empty for rank 0 and for unknown rank. */
  readonly shape: readonly number[] | undefined;
}

/** Session options of onnxruntime-node. */
export interface SessionOptions {
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  readonly executionMode: 'sequential' | 'parallel';
  readonly graphOptimizationLevel: 'disabled' | 'basic' | 'extended' | 'all';
  readonly enableCpuMemArena: boolean;
  readonly enableMemPattern: boolean;
  readonly logSeverityLevel: 0 | 1 | 2 | 3 | 4;
}

export interface OnnxRuntime {
  readonly Tensor: unknown;
  readonly InferenceSession: unknown;
}

export declare function loadRuntime(runtimePaths: readonly string[]): OnnxRuntime | undefined;

export declare class OnnxSession {
  constructor(runtime: OnnxRuntime, model: string | Uint8Array, options: SessionOptions);
  readonly inputs: readonly SessionTensorInfo[];
  readonly outputs: readonly SessionTensorInfo[];
  select(names: readonly string[]): void;
  run(inputs: readonly SessionTensor[]): SessionTensor[];
  dispose(): void;
}
