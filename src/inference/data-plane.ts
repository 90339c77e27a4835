import {
  type InferRequest,
  internal,
  KServeError,
  type ParameterValue,
  type ResponseOutput,
} from '../kserve/index.ts';
import type { Cancellation } from './cancellation.ts';
import { classify } from './classification.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { mapShape, normalizeRequest } from './normalize-request.ts';
import type { Answer, OnExecuted, OnResponse } from './scheduling/scheduled-request.ts';
import { shapeKeyOf } from './scheduling/scheduler.ts';

/** The stage at which a request failed; it determines the content type of the error. */
export type FailureStage = 'validation' | 'execution';

export class InferFailure extends Error {
  readonly stage: FailureStage;
  readonly error: KServeError;

  constructor(stage: FailureStage, error: unknown) {
    const known =
      error instanceof KServeError ? error : internal(error instanceof Error ? error.message : String(error));
    super(known.message);
    this.name = 'InferFailure';
    this.stage = stage;
    this.error = known;
  }
}

/** What a client receives of one response. */
export interface InferResponse {
  readonly outputs: readonly ResponseOutput[];
  readonly parameters: ReadonlyMap<string, ParameterValue> | undefined;
}

/**
 * Checks, queues and runs a request and selects the requested outputs. For models with exactly one response.
 * @throws InferFailure
 */
export async function infer(
  model: LoadedVersion,
  request: InferRequest,
  cancellation: Cancellation | undefined,
  onExecuted?: OnExecuted,
): Promise<InferResponse> {
  let running: Promise<Answer>;
  try {
    running = schedule(model, request, cancellation, undefined, onExecuted);
  } catch (error) {
    throw new InferFailure('validation', error);
  }
  try {
    return toResponse(await running, model, request);
  } catch (error) {
    throw new InferFailure('execution', error);
  }
}

/**
 * The same for any model: each response is passed on as it arrives. Resolves after the last one.
 * @throws InferFailure if the request as a whole fails, which may happen after some responses
 */
export async function inferStream(
  model: LoadedVersion,
  request: InferRequest,
  cancellation: Cancellation | undefined,
  onResponse: OnResponse<InferResponse>,
  onExecuted?: OnExecuted,
): Promise<void> {
  if (!isDecoupled(model)) {
    onResponse(await infer(model, request, cancellation, onExecuted), true);
    return;
  }
  const tell: OnResponse<Answer> = (answer, final) => {
    if (answer === undefined || answer instanceof KServeError) return onResponse(answer, final);
    try {
      onResponse(toResponse(answer, model, request), final);
    } catch (error) {
      onResponse(new InferFailure('execution', error).error, final);
    }
  };
  let running: Promise<unknown>;
  try {
    running = schedule(model, request, cancellation, tell, onExecuted);
  } catch (error) {
    throw new InferFailure('validation', error);
  }
  await running.catch((error: unknown) => {
    throw new InferFailure('execution', error);
  });
}

/** Whether a model may give any number of responses to a request. */
export function isDecoupled({ config }: LoadedVersion): boolean {
  return config.model_transaction_policy?.decoupled ?? false;
}

function schedule(
  { signature, scheduler }: LoadedVersion,
  request: InferRequest,
  cancellation: Cancellation | undefined,
  onResponse: OnResponse<Answer> | undefined,
  onExecuted: OnExecuted | undefined,
): Promise<Answer> {
  const { inputs, batchSize } = normalizeRequest(request, signature);
  const shapeKey = shapeKeyOf(inputs, signature);
  return scheduler.schedule({ request, inputs, batchSize, shapeKey, onResponse, onExecuted }, cancellation);
}

/** Keeps the model's order, whatever the order in the request. */
function toResponse(
  { outputs, parameters, holdsAll = false }: Answer,
  { signature, labels }: LoadedVersion,
  request: InferRequest,
): InferResponse {
  const batches = signature.maxBatchSize > 0;
  const picked: ResponseOutput[] = [];
  for (const found of outputs) {
    const asked = request.outputs.find(({ name }) => name === found.name);
    if (!asked && request.outputs.length > 0 && !holdsAll) continue;
    const output = signature.outputs.get(found.name);
    if (!output) continue;
    const shape = output.reshape ? mapShape(found.shape, output.reshape, output.dims, batches) : found.shape;
    const tensor = shape === found.shape ? found : { ...found, shape };
    const classes = asked?.classification ?? 0;
    picked.push({
      tensor: classes > 0 ? classify(tensor, classes, labels.get(output.name) ?? [], batches) : tensor,
      binary: asked ? asked.binary : request.binaryDataOutput,
      shared: asked?.shared,
    });
  }
  return { outputs: picked, parameters };
}
