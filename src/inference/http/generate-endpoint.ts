import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeGenerateResponse, invalidArgument, parseGenerateRequest } from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, infer } from '../data-plane.ts';
import type { ModelTable } from '../model-table.ts';
import { answerError, answerInPieces } from './answer.ts';
import type { Route } from './route.ts';
import { modelName, modelVersion } from './target.ts';

/**
 * `POST …/generate` and `…/generate_stream`. What serves here gives one answer a request, so the stream has one event.
 * @throws KServeError for what is wrong with the request itself
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
  const cancellation: Cancellation = { cancel: undefined };
  response.on('close', () => cancellation.cancel?.());
  try {
    const outputs = await infer(model, message, cancellation);
    const tensors = outputs.map(({ tensor }) => tensor);
    const text = encodeGenerateResponse(message.id, signature.model, version, tensors);
    if (route.endpoint === 'generate') answerInPieces(response, 'application/json', text);
    else answerInPieces(response, 'text/event-stream; charset=utf-8', `data: ${text}\n\n`);
  } catch (error) {
    if (!(error instanceof InferFailure)) throw error;
    // Whatever the model's error is, this endpoint says 400 (triton.md 14).
    answerError(response, 400, error.message);
  } finally {
    cancellation.cancel = undefined;
  }
}
