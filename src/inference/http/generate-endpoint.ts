import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  encodeGenerateResponse,
  invalidArgument,
  KServeError,
  parseGenerateRequest,
} from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, type InferResponse, inferStream } from '../data-plane.ts';
import type { ModelTable } from '../model-table.ts';
import { answerError, answerInPieces, EventStream, errorBody } from './answer.ts';
import type { Route } from './route.ts';
import { modelName, modelVersion } from './target.ts';

/**
 * `POST …/generate` and `…/generate_stream`: the single response as JSON, or each response as an event when it arrives.
 * @throws KServeError for faults of the request itself
 */
export async function generateOverHttp(
  models: ModelTable,
  maxInputBytes: number,
  route: Route,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const model = models.find(modelName(route), modelVersion(route));
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw invalidArgument("Unsupported content-encoding, only 'identity' is supported.");
  const { signature, version } = model;
  const message = parseGenerateRequest(body, signature.inputs, maxInputBytes);
  const encode = ({ outputs, parameters }: InferResponse) =>
    encodeGenerateResponse(
      message.id,
      signature.model,
      version,
      outputs.map(({ tensor }) => tensor),
      parameters,
    );
  const cancellation: Cancellation = { cancel: undefined };
  response.on('close', () => cancellation.cancel?.());
  const replies = route.endpoint === 'generate' ? new SingleReply(response) : new EventStream(response);
  try {
    await inferStream(model, message, cancellation, (reply) => {
      if (reply instanceof KServeError) replies.fail(reply.message);
      else if (reply) replies.send(encode(reply));
    });
  } catch (error) {
    if (!(error instanceof InferFailure)) throw error;
    // Whatever the model's error is, this endpoint answers 400 (docs/reference/triton.md#measured).
    if (error.stage === 'validation') return answerError(response, 400, error.message);
    replies.fail(error.message);
  } finally {
    cancellation.cancel = undefined;
  }
  replies.end();
}

const NOT_ONE =
  'generate expects model to produce exactly 1 response, use generate stream for model that generates various number of responses';

/**
 * `generate`: one response. The first determines the status; if there are more, the body says that this is not
 * possible.
 */
class SingleReply {
  readonly #response: ServerResponse;
  #status = 0;
  #body = '';
  #count = 0;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  send(text: string): void {
    this.#add(200, text);
  }

  fail(message: string): void {
    this.#add(400, errorBody(message));
  }

  end(): void {
    const body = this.#count === 1 ? this.#body : errorBody(NOT_ONE);
    answerInPieces(this.#response, this.#status || 200, 'application/json', body);
  }

  #add(status: number, body: string): void {
    this.#count += 1;
    this.#status ||= status;
    this.#body = body;
  }
}
