import type { Tensor } from '../../kserve/index.ts';
import type { ModelConfig, ModelDefinition, ModelVersion } from '../../repository/index.ts';

/** What a batch of requests is to a backend: tensors already in the model's shapes, in the binary layout. */
export interface Execution {
  readonly inputs: readonly Tensor[];
}

export interface ExecutionResult {
  /** Every configured output, in the model's shapes. */
  readonly outputs: readonly Tensor[];
  readonly computeInputNs: number;
  readonly computeInferNs: number;
  readonly computeOutputNs: number;
}

/** One concurrent execution of a model version. */
export interface ModelInstance {
  /** @throws KServeError when the model fails on this input */
  execute(execution: Execution): Promise<ExecutionResult>;
}

/** A version that a backend has in memory. */
export interface BackendModel extends AsyncDisposable {
  /** The configuration after auto-complete. */
  readonly config: ModelConfig;
  readonly instances: readonly ModelInstance[];
}

/** A way to run models, chosen by the configuration's `backend`. */
export interface Backend extends AsyncDisposable {
  /** @throws KServeError with Triton's reason */
  load(definition: ModelDefinition, version: ModelVersion): Promise<BackendModel>;
}
