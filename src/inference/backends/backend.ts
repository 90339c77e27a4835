import type { KServeError } from '../../kserve/index.ts';
import type { ModelConfig, ModelDefinition, ModelVersion } from '../../repository/index.ts';
import type { Answer, ExecutedRequest } from '../scheduling/scheduled-request.ts';

/**
 * The outcome of one request of a batch: its only response or a promise of it; for a decoupled model, a promise that
 * settles when the last response has been passed to `onResponse`.
 */
export type Outcome = Answer | KServeError | Promise<Answer | undefined>;

export interface BatchResult {
  /** One per request, in order. */
  readonly outcomes: readonly Outcome[];
  /** The whole batch failed: the model refused it (`failed`), or its process ended before it returned (`lost`). */
  readonly failure?: 'failed' | 'lost' | undefined;
  readonly computeInputNs: number;
  readonly computeInferNs: number;
  readonly computeOutputNs: number;
}

/** One concurrent execution of a model version. */
export interface ModelInstance {
  /**
   * Runs a batch; the next one may follow when this resolves.
   * @throws KServeError if the whole batch fails
   */
  execute(requests: readonly ExecutedRequest[], batchSize: number): Promise<BatchResult>;
}

/** A version that a backend holds in memory. */
export interface BackendModel extends AsyncDisposable {
  /** The configuration after auto-complete. */
  readonly config: ModelConfig;
  readonly instances: readonly ModelInstance[];
  /** Whether the outputs include implicit states of sequences. */
  readonly returnsStates?: boolean;
}

/** A way to run models, chosen by the configuration's `backend`. */
export interface Backend extends AsyncDisposable {
  /** @throws KServeError with Triton's reason */
  load(definition: ModelDefinition, version: ModelVersion, signal: AbortSignal): Promise<BackendModel>;
}
