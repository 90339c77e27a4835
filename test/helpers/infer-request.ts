import { type InferRequest, NO_SEQUENCE } from '../../src/kserve/index.ts';

/** A request without inputs, but for what is given. */
export function inferRequest(changes: Partial<InferRequest> = {}): InferRequest {
  return {
    id: '',
    inputs: [],
    outputs: [],
    binaryDataOutput: true,
    priority: 0,
    timeout: 0,
    sequence: NO_SEQUENCE,
    parameters: new Map(),
    raw: false,
    ...changes,
  };
}
