import { KServeError } from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, infer, isDecoupled } from '../data-plane.ts';
import type { InferenceService } from '../inference-service.ts';
import type { CallHandler, GrpcCall } from './call.ts';
import { decodeInferRequest, type InferMessage } from './infer-message.ts';
import { translateRequest } from './infer-request.ts';
import { encodeInferResponse } from './infer-response.ts';
import type { ReceivedMessage } from './message-reader.ts';
import { readModelVersion } from './model-version.ts';
import { UNREADABLE } from './service-proto.ts';
import { shareOutputs } from './shared-outputs.ts';

/** `ModelInfer`: one request, one response. It is answered as soon as its message is complete. */
export class InferCall implements CallHandler {
  readonly #service: InferenceService;
  readonly #call: GrpcCall;
  readonly #cancellation: Cancellation = { cancel: undefined };
  readonly #onOver: () => void;
  #hasBegun = false;

  /** @param onOver called when the call is over, whoever ended it */
  constructor(service: InferenceService, call: GrpcCall, onOver: () => void) {
    this.#service = service;
    this.#call = call;
    this.#onOver = onOver;
  }

  /** If several messages arrive, the first counts. */
  onMessage(message: ReceivedMessage): void {
    if (this.#hasBegun) {
      message.release();
      return;
    }
    this.#hasBegun = true;
    void this.#answer(message);
  }

  onEnd(): void {
    if (!this.#hasBegun) this.#call.fail(UNREADABLE);
  }

  onClose(): void {
    this.#cancellation.cancel?.();
    this.#onOver();
  }

  async #answer({ bytes, release }: ReceivedMessage): Promise<void> {
    const { models, regions } = this.#service;
    const memory = regions.use();
    try {
      const message = readInferMessage(bytes);
      const model = models.find(message.modelName, readModelVersion(message.modelVersion));
      if (isDecoupled(model))
        throw new KServeError(
          'Unsupported',
          "ModelInfer RPC doesn't support models with decoupled transaction policy",
        );
      const { request } = translateRequest(message, memory, this.#call.forwarded);
      const { outputs, parameters } = await infer(model, request, this.#cancellation);
      this.#cancellation.cancel = undefined;
      release();
      this.#call.succeed(
        encodeInferResponse({
          modelName: model.signature.model,
          modelVersion: model.version,
          id: request.id,
          parameters,
          outputs: shareOutputs(outputs),
        }),
      );
    } catch (error) {
      this.#cancellation.cancel = undefined;
      this.#call.fail(error instanceof InferFailure ? error.error : error);
    } finally {
      this.#cancellation.cancel = undefined;
      memory.release();
      release();
    }
  }
}

/** @throws GrpcError if the bytes are not a valid request */
export function readInferMessage(bytes: Buffer): InferMessage {
  try {
    return decodeInferRequest(bytes);
  } catch {
    throw UNREADABLE;
  }
}
