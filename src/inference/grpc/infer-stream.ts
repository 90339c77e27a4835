import { KServeError, type ParameterValue } from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, type InferResponse, inferStream, isDecoupled } from '../data-plane.ts';
import type { InferenceService } from '../inference-service.ts';
import type { LoadedVersion } from '../loaded-version.ts';
import type { CallHandler, GrpcCall } from './call.ts';
import { readInferMessage } from './infer-call.ts';
import type { InferMessage } from './infer-message.ts';
import { translateRequest } from './infer-request.ts';
import { type EncodedMessage, encodeStreamResponse } from './infer-response.ts';
import type { ReceivedMessage } from './message-reader.ts';
import { readModelVersion } from './model-version.ts';
import { shareOutputs } from './shared-outputs.ts';
import { GRPC_STATUS, GrpcError } from './status.ts';

/** Above this many unsent bytes, no further requests are read. */
const MOST_UNSENT_BYTES = 16 * 1024 * 1024;

/** Memory of an open request besides its message; a stream may have any number of requests. */
const REQUEST_BYTES = 4 * 1024;

/** The place of a request in the order of responses; responses of decoupled models have none. */
interface Place {
  response: EncodedMessage | undefined;
}

/** What a request gets back; several times for a decoupled model. */
type Respond = (response: EncodedMessage | undefined) => void;

/**
 * `ModelStreamInfer`: any number of requests, answered on one stream. Models with one response answer in the order of their
 * requests; decoupled models answer as soon as they respond. A failed request is answered with an error message, and the
 * stream continues (`server/src/grpc/stream_infer_handler.cc`).
 */
export class InferStream implements CallHandler {
  readonly #service: InferenceService;
  readonly #call: GrpcCall;
  readonly #onOver: () => void;
  /** Whether the first error response ends the call; clients choose this in their metadata. */
  readonly #endsOnError: boolean;
  readonly #places: Place[] = [];
  readonly #cancellations = new Set<Cancellation>();
  #open = 0;
  #hasEnded = false;
  #isPaused = false;
  #isDraining = false;

  /** @param onOver called when the call is over, whoever ended it */
  constructor(service: InferenceService, call: GrpcCall, onOver: () => void) {
    this.#service = service;
    this.#call = call;
    this.#onOver = onOver;
    this.#endsOnError = call.metadata.triton_grpc_error === 'true';
  }

  onMessage({ bytes, release: releaseMessage }: ReceivedMessage): void {
    const counted = bytes.length + REQUEST_BYTES;
    try {
      this.#service.held.add(counted);
    } catch (error) {
      releaseMessage();
      this.#call.fail(error);
      return;
    }
    const release = () => {
      this.#service.held.release(counted);
      releaseMessage();
    };
    let message: InferMessage | undefined;
    // An unreadable message counts as the end of the client's side.
    if (!this.#hasEnded) {
      try {
        message = readInferMessage(bytes);
      } catch {
        this.onEnd();
      }
    }
    if (message) void this.#answer(message, release);
    else release();
    this.#throttle();
  }

  onEnd(): void {
    this.#hasEnded = true;
    this.#finishIfDone();
  }

  drain(): void {
    this.#isDraining = true;
    this.#finishIfDone();
  }

  onClose(): void {
    for (const cancellation of this.#cancellations) cancellation.cancel?.();
    this.#onOver();
  }

  async #answer(message: InferMessage, release: () => void): Promise<void> {
    const cancellation: Cancellation = { cancel: undefined };
    this.#open += 1;
    this.#cancellations.add(cancellation);
    const memory = this.#service.regions.use();
    let respond = this.#inOrder();
    try {
      const version = readModelVersion(message.modelVersion);
      const model = this.#service.models.find(message.modelName, version);
      const decoupled = isDecoupled(model);
      if (decoupled) {
        this.#places.pop();
        respond = (response) => response && this.#call.send(response);
      }
      const { request, wantsEmptyFinal } = translateRequest(message, memory, this.#call.forwarded);
      await inferStream(model, request, cancellation, (response, final) => {
        if (response instanceof KServeError) this.#failed(message, response, final, respond);
        else if (response) respond(encodeResponse(model, request.id, response, final));
        else if (final && decoupled && wantsEmptyFinal) respond(encodeWithoutOutputs(message, final, ''));
      });
    } catch (error) {
      this.#refuse(message, error, respond);
    } finally {
      // A request without a response must not block those behind it.
      respond(undefined);
      this.#cancellations.delete(cancellation);
      memory.release();
      release();
      this.#open -= 1;
      this.#finishIfDone();
    }
  }

  /** A response that is sent once all requests before it are answered. */
  #inOrder(): Respond {
    const place: Place = { response: undefined };
    let isAnswered = false;
    this.#places.push(place);
    return (response) => {
      if (isAnswered) return;
      isAnswered = true;
      place.response = response ?? [];
      for (let first = this.#places[0]; first?.response; first = this.#places[0]) {
        this.#places.shift();
        if (first.response.length > 0) this.#call.send(first.response);
      }
    };
  }

  /** An error that a model gave in place of a response. */
  #failed(message: InferMessage, error: KServeError, final: boolean, respond: Respond): void {
    if (!this.#endsOnError) {
      respond(encodeWithoutOutputs(message, final, error.message));
      return;
    }
    this.#call.fail(error);
  }

  /** A request that failed as a whole. If it never ran, the response carries only its id. */
  #refuse(message: InferMessage, error: unknown, respond: Respond): void {
    if (error instanceof InferFailure && error.stage === 'execution') {
      this.#failed(message, error.error, true, respond);
      return;
    }
    const text = error instanceof Error ? error.message : String(error);
    const { id } = message;
    respond(
      encodeStreamResponse({ modelName: '', modelVersion: '', id, parameters: undefined, outputs: [] }, text),
    );
  }

  #finishIfDone(): void {
    if (this.#open > 0) return;
    if (this.#hasEnded) this.#call.succeed();
    else if (this.#isDraining) this.#call.fail(SHUTTING_DOWN);
  }

  /** Stops reading requests while the client does not read its responses. */
  #throttle(): void {
    if (this.#isPaused || this.#call.unsentBytes < MOST_UNSENT_BYTES) return;
    this.#isPaused = true;
    this.#call.pause();
    this.#call.whenDrained(() => {
      this.#isPaused = false;
      this.#call.resume();
    });
  }
}

function encodeResponse(
  model: LoadedVersion,
  id: string,
  { outputs, parameters }: InferResponse,
  final: boolean,
): EncodedMessage {
  return encodeStreamResponse({
    modelName: model.signature.model,
    modelVersion: model.version,
    id,
    parameters: new Map<string, ParameterValue>([...(parameters ?? []), [FINAL, final]]),
    outputs: shareOutputs(outputs),
  });
}

/** @param error empty for the end of a decoupled model's responses */
function encodeWithoutOutputs(
  { id, modelName, modelVersion }: InferMessage,
  final: boolean,
  error: string,
): EncodedMessage {
  const parameters = new Map<string, ParameterValue>([[FINAL, final]]);
  return encodeStreamResponse({ modelName, modelVersion, id, parameters, outputs: [] }, error);
}

const FINAL = 'triton_final_response';
const SHUTTING_DOWN = new GrpcError(
  GRPC_STATUS.UNAVAILABLE,
  'GRPC server is shutting down and has stopped accepting new requests.',
);
