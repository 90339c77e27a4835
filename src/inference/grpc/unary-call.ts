import type { InferenceService } from '../inference-service.ts';
import type { CallHandler, GrpcCall } from './call.ts';
import { FRAME_BYTES } from './infer-response.ts';
import type { ReceivedMessage } from './message-reader.ts';
import type { UnaryMethod } from './methods.ts';
import { UNREADABLE } from './service-proto.ts';

/** A call of a method with one message each way. */
export class UnaryCall implements CallHandler {
  readonly #method: UnaryMethod;
  readonly #service: InferenceService;
  readonly #call: GrpcCall;
  readonly #onOver: () => void;
  #hasBegun = false;

  /** @param onOver called when the call is over, whoever ended it */
  constructor(method: UnaryMethod, service: InferenceService, call: GrpcCall, onOver: () => void) {
    this.#method = method;
    this.#service = service;
    this.#call = call;
    this.#onOver = onOver;
  }

  /** If several messages arrive, the first counts. */
  onMessage(message: ReceivedMessage): void {
    if (this.#hasBegun) message.release();
    else {
      this.#hasBegun = true;
      void this.#answer(message);
    }
  }

  onEnd(): void {
    if (!this.#hasBegun) this.#call.fail(UNREADABLE);
  }

  onClose(): void {
    this.#onOver();
  }

  async #answer({ bytes, release }: ReceivedMessage): Promise<void> {
    try {
      const response = await this.#method.answer(this.#service, bytes);
      const message = Buffer.alloc(FRAME_BYTES + response.length);
      message.writeUInt32BE(response.length, 1);
      message.set(response, FRAME_BYTES);
      this.#call.succeed([message]);
    } catch (error) {
      this.#call.fail(error);
    } finally {
      release();
    }
  }
}
