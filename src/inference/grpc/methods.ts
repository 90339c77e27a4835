import type { Endpoint } from '../http/route.ts';
import type { InferenceService } from '../inference-service.ts';

/** A method with one message each way, other than `ModelInfer`. */
export interface UnaryMethod {
  /** Where HTTP answers the same; what is restricted there by a name of Triton's is restricted here by the same name. */
  readonly endpoint: Endpoint;
  /** @returns the encoded response @throws KServeError, LoadError, GrpcError */
  answer(service: InferenceService, request: Buffer): Uint8Array | Promise<Uint8Array>;
}

export type UnaryMethods = Readonly<Record<string, UnaryMethod>>;
