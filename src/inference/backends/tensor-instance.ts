import { internal, type Tensor } from '../../kserve/index.ts';
import { cutOutputs, joinInputs } from '../scheduling/batch.ts';
import type { ModelInstance, Outcome } from './backend.ts';

/** What a batch is to a backend that knows tensors alone: inputs in the model's shapes, in the binary layout. */
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

/** An instance that runs the requests of a batch joined to one, and cuts the outputs apart. */
export function tensorInstance(run: (execution: Execution) => Promise<ExecutionResult>): ModelInstance {
  return {
    async execute(requests, batchSize) {
      const { outputs, computeInputNs, computeInferNs, computeOutputNs } = await run({
        inputs: joinInputs(requests, batchSize),
      });
      let offset = 0;
      const outcomes: Outcome[] = [];
      for (const request of requests) {
        const cut = cutOutputs(outputs, offset, request.batchSize, batchSize);
        offset += request.batchSize;
        outcomes.push(cut ? { outputs: cut, parameters: undefined } : internal(UNCUTTABLE));
      }
      return { outcomes, computeInputNs, computeInferNs, computeOutputNs };
    },
  };
}

const UNCUTTABLE =
  'the model gave an output whose first dimension is not the batch size, so it cannot be split';
