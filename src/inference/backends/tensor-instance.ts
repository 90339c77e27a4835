import { KServeError, type Tensor } from '../../kserve/index.ts';
import { cutOutputs, joinInputs } from '../scheduling/batch.ts';
import type { BatchLayout } from '../scheduling/batch-layout.ts';
import type { ModelInstance, Outcome } from './backend.ts';

/** A batch for a backend that knows only tensors: inputs in the model's shapes, in the binary layout. */
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

/** An instance that joins the requests of a batch, runs them once, and splits the outputs. */
export function tensorInstance(
  layout: BatchLayout,
  run: (execution: Execution) => Promise<ExecutionResult>,
): ModelInstance {
  return {
    async execute(requests, batchSize) {
      const { outputs, computeInputNs, computeInferNs, computeOutputNs } = await run({
        inputs: joinInputs(requests, batchSize, layout),
      });
      const outcomes = cutOutputs(outputs, requests, layout).map(
        (cut): Outcome => (cut instanceof KServeError ? cut : { outputs: cut, parameters: undefined }),
      );
      return { outcomes, computeInputNs, computeInferNs, computeOutputNs };
    },
  };
}
