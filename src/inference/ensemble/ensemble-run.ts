import {
  type InferInput,
  type InferRequest,
  invalidArgument,
  KServeError,
  type ParameterValue,
  requestPrefix,
  type Tensor,
} from '../../kserve/index.ts';
import type { EnsembleStep } from '../../repository/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, type InferResponse, inferStream } from '../data-plane.ts';
import type { ModelSignature } from '../model-signature.ts';
import type { Answer, OnResponse, ScheduledRequest } from '../scheduling/scheduled-request.ts';
import type { ExecutionTimes } from '../statistics.ts';
import type { BoundStep } from './ensemble-check.ts';
import { stepsFor } from './pruning.ts';

export interface EnsembleRunOptions {
  /** Of the ensemble. */
  readonly signature: ModelSignature;
  readonly steps: readonly BoundStep[];
  readonly scheduled: ScheduledRequest;
  readonly onTimes: (times: ExecutionTimes, queueNs: number) => void;
}

/** The tensors that are known on one path through the graph. A response of a decoupled step opens a path of its own. */
interface Path {
  /** By ensemble tensor; undefined where the step that makes it gave none. */
  readonly tensors: Map<string, Tensor | undefined>;
  readonly started: Set<BoundStep>;
  hasResponded: boolean;
}

/**
 * One request on its way through an ensemble: a step runs as soon as its inputs are there, all that can run do so at
 * once.
 */
export class EnsembleRun {
  readonly #options: EnsembleRunOptions;
  readonly #request: InferRequest;
  readonly #wanted: ReadonlySet<string>;
  readonly #steps: readonly BoundStep[];
  readonly #cancellations = new Set<Cancellation>();
  #running = 0;
  #failure: unknown;
  #result: Answer | undefined;
  #settle: { resolve: (answer: Answer) => void; reject: (error: unknown) => void } | undefined;

  constructor(options: EnsembleRunOptions) {
    this.#options = options;
    this.#request = options.scheduled.request;
    const asked = this.#request.outputs.map(({ name }) => name);
    const outputs = [...options.signature.outputs.keys()];
    this.#wanted = new Set(asked.length > 0 ? asked : outputs);
    this.#steps = options.steps;
    if (this.#wanted.size < outputs.length) {
      const steps = options.steps.map(({ step }) => step);
      const kept = stepsFor(steps, outputs, this.#wanted);
      this.#steps = options.steps.filter(({ step }) => kept.has(step));
    }
  }

  /** Resolves with the last, for most ensembles the only response. @throws KServeError with the name of the ensemble */
  run(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const tensors = new Map<string, Tensor | undefined>();
      // An optional input that was not given is left out of the steps that read it, and keeps none of them waiting.
      for (const [name, { optional }] of this.#options.signature.inputs)
        if (optional) tensors.set(name, undefined);
      for (const input of this.#options.scheduled.inputs) tensors.set(input.name, input);
      this.#advance({ tensors, started: new Set(), hasResponded: false });
      this.#finishIfIdle();
    });
  }

  /** Calls off what still waits. */
  cancel(): void {
    for (const cancellation of this.#cancellations) cancellation.cancel?.();
  }

  /** Starts every step whose inputs are all there. */
  #advance(path: Path): void {
    for (const bound of this.#steps) {
      if (this.#failure !== undefined) return;
      if (
        path.started.has(bound) ||
        !Object.values(bound.step.input_map).every((name) => path.tensors.has(name))
      )
        continue;
      path.started.add(bound);
      this.#running += 1;
      void this.#runStep(bound, path);
    }
  }

  async #runStep(bound: BoundStep, path: Path): Promise<void> {
    const { step, member } = bound;
    const cancellation: Cancellation = { cancel: undefined };
    this.#cancellations.add(cancellation);
    const isDecoupled = member.config.model_transaction_policy?.decoupled ?? false;
    try {
      await inferStream(
        member,
        this.#stepRequest(bound, path),
        cancellation,
        (response) => {
          if (response instanceof KServeError) this.#fail(response);
          else if (response) this.#take(step, response, isDecoupled ? branch(path) : path);
        },
        this.#options.onTimes,
      );
    } catch (error) {
      this.#fail(error);
    }
    this.#cancellations.delete(cancellation);
    this.#running -= 1;
    this.#finishIfIdle();
  }

  #fail(error: unknown): void {
    this.#failure ??= this.#named(error);
    this.cancel();
  }

  /** The request of a step: the same id, flags, timeout and parameters, the step's own tensors. */
  #stepRequest({ step, member }: BoundStep, { tensors }: Path): InferRequest {
    const inputs: InferInput[] = [];
    for (const [name, source] of Object.entries(step.input_map)) {
      const tensor = tensors.get(source);
      if (!tensor) continue;
      const input = member.signature.inputs.get(name);
      const dims = input?.dims.length ?? tensor.shape.length;
      inputs.push({ ...tensor, name, shape: fitRank(tensor.shape, dims, member.signature.maxBatchSize > 0) });
    }
    const outputs = Object.entries(step.output_map).map(([name]) => ({
      name,
      binary: true,
      classification: 0,
    }));
    return { ...this.#request, inputs, outputs, binaryDataOutput: true, raw: false };
  }

  #take(step: EnsembleStep, response: InferResponse, path: Path): void {
    for (const [name, target] of Object.entries(step.output_map)) {
      const found = response.outputs.find(({ tensor }) => tensor.name === name)?.tensor;
      path.tensors.set(target, found && { ...found, name: target });
    }
    if (this.#failure !== undefined) return;
    this.#advance(path);
    this.#respondIfComplete(path);
  }

  #respondIfComplete(path: Path): void {
    const { tensors } = path;
    if (path.hasResponded || ![...this.#wanted].every((name) => tensors.has(name))) return;
    path.hasResponded = true;
    const outputs = [...this.#wanted].flatMap((name) => {
      const tensor = tensors.get(name);
      return tensor ? [this.#outputTensor(tensor)] : [];
    });
    const answer: Answer = { outputs, parameters: outputs.length > 0 ? this.#parameters() : undefined };
    const onResponse: OnResponse<Answer> | undefined = this.#options.scheduled.onResponse;
    this.#result = answer;
    onResponse?.(answer, false);
  }

  #outputTensor(tensor: Tensor): Tensor {
    const { outputs, maxBatchSize } = this.#options.signature;
    const output = outputs.get(tensor.name);
    if (!output) return tensor;
    return { ...tensor, shape: fitRank(tensor.shape, output.dims.length, maxBatchSize > 0) };
  }

  /** Triton's ensembles always say where in a sequence their response belongs. */
  #parameters(): ReadonlyMap<string, ParameterValue> {
    const { id, start, end } = this.#request.sequence;
    return new Map<string, ParameterValue>([
      ['sequence_id', id],
      ['sequence_start', start],
      ['sequence_end', end],
    ]);
  }

  #finishIfIdle(): void {
    if (this.#running > 0 || !this.#settle) return;
    const { resolve, reject } = this.#settle;
    this.#settle = undefined;
    if (this.#failure === undefined && !this.#result && !this.#options.scheduled.onResponse)
      this.#failure = this.#named(
        invalidArgument(
          `${requestPrefix(this.#request.id)}unexpected deadlock, at least one output is not set while no more ensemble steps can be made`,
        ),
      );
    if (this.#failure !== undefined) {
      reject(this.#failure);
      return;
    }
    this.#options.scheduled.onResponse?.(undefined, true);
    resolve(this.#result ?? { outputs: [], parameters: undefined });
  }

  #named(error: unknown): unknown {
    const known = error instanceof InferFailure ? error.error : error;
    if (!(known instanceof KServeError)) return known;
    return new KServeError(known.code, `in ensemble '${this.#options.signature.model}', ${known.message}`);
  }
}

/** The path of one response of a decoupled step. */
function branch({ tensors, started }: Path): Path {
  return { tensors: new Map(tensors), started: new Set(started), hasResponded: false };
}

/**
 * A tensor's shape where one side batches and the other does not: a batch of one is added in front, or taken away.
 * @param dims the rank that is wanted, without the batch dimension
 */
export function fitRank(shape: readonly number[], dims: number, batches: boolean): readonly number[] {
  if (batches && shape.length === dims) return [1, ...shape];
  if (!batches && shape.length === dims + 1 && shape[0] === 1) return shape.slice(1);
  return shape;
}
