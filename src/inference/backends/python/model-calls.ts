import {
  type InferInput,
  type InferRequest,
  invalidArgument,
  type ParameterValue,
  requestPrefix,
} from '../../../kserve/index.ts';
import type { CallFrame, ControlCallMessage, ModelProcess } from '../../../python/index.ts';
import { InferFailure, type InferResponse, inferStream, isDecoupled } from '../../data-plane.ts';
import type { LoadedVersion } from '../../loaded-version.ts';
import type { CustomMetrics } from '../../metrics/custom-metrics.ts';
import { callMetric } from './metric-calls.ts';
import { fromWireCorrelationId } from './wire-correlation.ts';
import { fromModelTensor, toModelError, toModelTensor } from './wire-tensors.ts';

/** What a model may ask of the server that it runs in. */
export interface ModelServer {
  /** A version that serves; undefined where there is none. @param version '' leaves the choice to the policy */
  ready(model: string, version: string): LoadedVersion | undefined;
  /** @throws KServeError where clients may not load, or the load fails */
  load(model: string, parameters: ReadonlyMap<string, string>): Promise<void>;
  /** @throws KServeError */
  unload(model: string, dependents: boolean): Promise<void>;
}

/** Carries out what Python models ask for: inferences of other models (BLS), loads and unloads. */
export class ModelCalls {
  readonly #server: ModelServer;
  readonly #metrics: CustomMetrics;

  constructor(server: ModelServer, metrics: CustomMetrics) {
    this.#server = server;
    this.#metrics = metrics;
  }

  /** Runs a request that a model made, and answers it through the model's process. */
  infer(call: CallFrame, process: ModelProcess): void {
    void this.#infer(call, (response, final) => {
      const failed = response instanceof Error;
      const outputs = failed || !response ? [] : response.outputs.map(({ tensor }) => toModelTensor(tensor));
      process.answer(call.call, final ? 'end' : 'more', {
        error: failed ? toModelError(response) : undefined,
        parameters: undefined,
        outputs,
      });
    });
  }

  control({ call, method, arguments: given }: ControlCallMessage, process: ModelProcess): void {
    this.#control(method, given, process).then(
      (value) => process.answerControl(call, { value: value ?? null }),
      (error: unknown) => process.answerControl(call, { error: toModelError(error).message }),
    );
  }

  async #infer(
    call: CallFrame,
    respond: (response: InferResponse | Error | undefined, final: boolean) => void,
  ): Promise<void> {
    const refuse = (text: string) =>
      respond(new Error(`Model ${call.model} - Error when running inference: ${text}`), true);
    const model = this.#server.ready(call.model, call.version < 0 ? '' : String(call.version));
    if (!model)
      return refuse(`Failed for execute the inference request. Model '${call.model}' is not ready.`);
    if (isDecoupled(model) && !call.decoupled)
      return refuse(
        `Model ${call.model} is using the decoupled. The current BLS request call doesn't support models using the decoupled transaction policy. Please use 'decoupled=True' argument to the 'exec' or 'async_exec' calls for decoupled models.'`,
      );
    let ended = false;
    try {
      refuseTwice(call);
      await inferStream(model, toRequest(call), undefined, (response, final) => {
        ended ||= final;
        respond(response, final);
      });
    } catch (error) {
      if (ended) return;
      if (error instanceof InferFailure && error.stage === 'execution') respond(error.error, true);
      else refuse(error instanceof Error ? error.message : String(error));
    }
  }

  async #control(
    method: ControlCallMessage['method'],
    given: readonly unknown[],
    process: ModelProcess,
  ): Promise<unknown> {
    const model = String(given[0]);
    switch (method) {
      case 'isReady':
        return this.#server.ready(model, String(given[1] ?? '')) !== undefined;
      case 'load':
        return this.#server.load(model, new Map(Object.entries((given[1] ?? {}) as Record<string, string>)));
      case 'unload':
        return this.#server.unload(model, Boolean(given[1]));
      default:
        return callMetric(this.#metrics, process, method, given);
    }
  }
}

/** Triton's server adds a model's tensors one by one. */
function refuseTwice({ meta: [id], inputs }: CallFrame): void {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name))
      throw invalidArgument(`${requestPrefix(id)}input '${name}' already exists in request`);
    names.add(name);
  }
}

function toRequest({ meta, inputs, outputs }: CallFrame): InferRequest {
  const [id, correlationId, flags, timeout, parameters] = meta;
  return {
    id,
    inputs: inputs.map(fromModelTensor) satisfies readonly InferInput[],
    outputs: outputs.map((name) => ({ name, binary: true, classification: 0 })),
    binaryDataOutput: true,
    priority: 0,
    timeout,
    sequence: {
      id: fromWireCorrelationId(correlationId),
      start: (flags & 1) !== 0,
      end: (flags & 2) !== 0,
    },
    parameters: readParameters(parameters),
    raw: false,
  };
}

function readParameters(text: string): ReadonlyMap<string, ParameterValue> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null)
    throw invalidArgument('request parameters must be an object');
  return new Map(Object.entries(value as Record<string, ParameterValue>));
}
