import {
  type InferInput,
  type InferRequest,
  invalidArgument,
  KServeError,
  type ParameterValue,
  requestPrefix,
  type Tensor,
} from '../../kserve/index.ts';
import type { Cancellation } from '../cancellation.ts';
import { InferFailure, type InferResponse, inferStream } from '../data-plane.ts';
import type { ModelSignature } from '../model-signature.ts';
import type { Answer, OnResponse, ScheduledRequest } from '../scheduling/scheduled-request.ts';
import type { ExecutionTimes } from '../statistics.ts';
import { type PlannedStep, stepsLeftOut } from './ensemble-plan.ts';

export interface EnsembleRunOptions {
  /** Of the ensemble. */
  readonly signature: ModelSignature;
  readonly steps: readonly PlannedStep[];
  readonly scheduled: ScheduledRequest;
  readonly onTimes: (times: ExecutionTimes, queueNs: number) => void;
}

/** The known tensors on one path through the graph. Each response of a decoupled step starts a new path. */
interface Path {
  /** By ensemble tensor; undefined if the step that produces it returned none. */
  readonly tensors: Map<string, Tensor | undefined>;
  /** Steps that run, have run, or never will. */
  readonly started: Set<PlannedStep>;
  hasResponded: boolean;
}

/** One request in an ensemble: each step runs as soon as its inputs are available, in parallel with others. */
export class EnsembleRun {
  readonly #options: EnsembleRunOptions;
  readonly #request: InferRequest;
  readonly #wanted: ReadonlySet<string>;
  /** Steps that need an output which the request did not name. They never run, as in Triton. */
  readonly #leftOut: ReadonlySet<PlannedStep>;
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
    this.#leftOut = stepsLeftOut(options.steps, outputs, this.#wanted);
  }

  /**
   * Resolves with the last response, which for most ensembles is the only one. @throws KServeError with the name of the
   * ensemble
   */
  run(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const tensors = new Map<string, Tensor | undefined>();
      // An optional input that the request omits is also omitted from the steps that read it, and they do not wait for
      // it.
      for (const [name, { optional }] of this.#options.signature.inputs)
        if (optional) tensors.set(name, undefined);
      for (const input of this.#options.scheduled.inputs) tensors.set(input.name, input);
      this.#advance({ tensors, started: new Set(this.#leftOut), hasResponded: false });
      this.#finishIfIdle();
    });
  }

  /** Cancels what is still waiting. */
  cancel(): void {
    for (const cancellation of this.#cancellations) cancellation.cancel?.();
  }

  /** Starts every step whose inputs are complete. */
  #advance(path: Path): void {
    for (const step of this.#options.steps) {
      if (this.#failure !== undefined) return;
      if (path.started.has(step) || !step.inputs.every(({ source }) => path.tensors.has(source))) continue;
      path.started.add(step);
      this.#running += 1;
      void this.#runStep(step, path);
    }
  }

  async #runStep(step: PlannedStep, path: Path): Promise<void> {
    const cancellation: Cancellation = { cancel: undefined };
    this.#cancellations.add(cancellation);
    try {
      await inferStream(
        step.member,
        this.#stepRequest(step, path),
        cancellation,
        (response) => {
          if (response instanceof KServeError) this.#fail(response);
          else if (response) this.#take(step, response, step.isDecoupled ? branch(path) : path);
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

  /** A step's request: the same id, flags, timeout and parameters, with the step's tensors. */
  #stepRequest({ member, inputs: planned, requested }: PlannedStep, { tensors }: Path): InferRequest {
    const batches = member.signature.maxBatchSize > 0;
    const inputs: InferInput[] = [];
    for (const { name, source, rank } of planned) {
      const tensor = tensors.get(source);
      if (tensor) inputs.push({ ...tensor, name, shape: fitRank(tensor.shape, rank, batches) });
    }
    return { ...this.#request, inputs, outputs: requested, binaryDataOutput: true, raw: false };
  }

  #take({ outputs }: PlannedStep, response: InferResponse, path: Path): void {
    for (const { name, target } of outputs) {
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

  /** Triton's ensembles always report the sequence that a response belongs to. */
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
 * A tensor's shape if only one side batches: a leading batch dimension of 1 is added or removed.
 * @param dims the expected dimensions, without the batch dimension
 */
export function fitRank(shape: readonly number[], dims: number, batches: boolean): readonly number[] {
  if (batches && shape.length === dims) return [1, ...shape];
  if (!batches && shape.length === dims + 1 && shape[0] === 1) return shape.slice(1);
  return shape;
}
