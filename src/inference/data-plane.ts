import {
  type InferRequest,
  internal,
  KServeError,
  type ResponseOutput,
  type Tensor,
} from '../kserve/index.ts';
import type { Cancellation } from './cancellation.ts';
import { classify } from './classification.ts';
import type { LoadedVersion } from './loaded-version.ts';
import { mapShape, normalizeRequest } from './normalize-request.ts';
import { shapeKeyOf } from './scheduling/scheduler.ts';

/** Where in its life a request failed; it decides the content type of the error. */
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

/**
 * Checks, queues and runs a request and picks the outputs it asked for.
 * @throws InferFailure
 */
export async function infer(
  model: LoadedVersion,
  request: InferRequest,
  cancellation: Cancellation | undefined,
): Promise<readonly ResponseOutput[]> {
  let running: Promise<readonly Tensor[]>;
  try {
    running = schedule(model, request, cancellation);
  } catch (error) {
    throw new InferFailure('validation', error);
  }
  try {
    return pickOutputs(await running, model, request);
  } catch (error) {
    throw new InferFailure('execution', error);
  }
}

function schedule(
  { signature, scheduler }: LoadedVersion,
  request: InferRequest,
  cancellation: Cancellation | undefined,
): Promise<readonly Tensor[]> {
  const { inputs, batchSize } = normalizeRequest(request, signature);
  return scheduler.schedule(
    {
      id: request.id,
      inputs,
      batchSize,
      shapeKey: shapeKeyOf(inputs, signature),
      priority: request.priority,
      timeout: request.timeout,
    },
    cancellation,
  );
}

/** The backend's order is kept, whatever order the request named them in. */
function pickOutputs(
  tensors: readonly Tensor[],
  { signature, labels }: LoadedVersion,
  request: InferRequest,
): readonly ResponseOutput[] {
  const batches = signature.maxBatchSize > 0;
  const picked: ResponseOutput[] = [];
  for (const output of signature.outputs.values()) {
    const asked = request.outputs.find(({ name }) => name === output.name);
    if (!asked && request.outputs.length > 0) continue;
    const found = tensors.find(({ name }) => name === output.name);
    if (!found) continue;
    const shape = output.reshape ? mapShape(found.shape, output.reshape, output.dims, batches) : found.shape;
    const tensor = shape === found.shape ? found : { ...found, shape };
    const classes = asked?.classification ?? 0;
    picked.push({
      tensor: classes > 0 ? classify(tensor, classes, labels.get(output.name) ?? [], batches) : tensor,
      binary: asked ? asked.binary : request.binaryDataOutput,
      shared: asked?.shared,
    });
  }
  return picked;
}
