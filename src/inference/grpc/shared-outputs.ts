import { type ResponseOutput, writeSharedOutput } from '../../kserve/index.ts';
import type { ResponseTensor } from './infer-response.ts';

const NO_BYTES = new Uint8Array(0);

/** Writes outputs for shared memory there; the response has no bytes of them. @throws KServeError for regions too small */
export function shareOutputs(outputs: readonly ResponseOutput[]): readonly ResponseTensor[] {
  return outputs.map(({ tensor, shared }) => {
    if (!shared) return { tensor, data: tensor.data };
    writeSharedOutput(shared, tensor);
    return { tensor, data: NO_BYTES };
  });
}
