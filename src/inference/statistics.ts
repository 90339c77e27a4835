interface Duration {
  count: number;
  ns: number;
}

interface BatchStatistics {
  readonly batch_size: number;
  readonly compute_input: Duration;
  readonly compute_infer: Duration;
  readonly compute_output: Duration;
}

const duration = (): Duration => ({ count: 0, ns: 0 });

function add(target: Duration, ns: number, count = 1): void {
  target.count += count;
  target.ns += Math.round(ns);
}

/** What one execution took, in nanoseconds. */
export interface ExecutionTimes {
  readonly computeInputNs: number;
  readonly computeInferNs: number;
  readonly computeOutputNs: number;
}

/** Why a request failed, as Triton's metrics name it. */
export const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;

export type FailureReason = (typeof FAILURE_REASONS)[number];

/** The times that a request is charged with. */
export type Latency =
  | 'request'
  | 'queue'
  | 'computeInput'
  | 'computeInfer'
  | 'computeOutput'
  | 'cacheHit'
  | 'cacheMiss';

/** Receives the times that are added, in nanoseconds. */
export type OnLatencies = (times: Readonly<Partial<Record<Latency, number>>>) => void;

/** Sums since a version was loaded. */
export interface StatisticsTotals {
  readonly inferences: number;
  readonly executions: number;
  readonly failures: Readonly<Record<FailureReason, number>>;
  readonly latencies: Readonly<Record<Latency, Readonly<Duration>>>;
}

/** Counters of one loaded version, in the order and words of Triton's statistics extension; they start at 0 with it. */
export class ModelStatistics {
  #lastInference = 0;
  #inferenceCount = 0;
  #executionCount = 0;
  readonly #fail = duration();
  readonly #failures = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  readonly #latencies = {
    request: duration(),
    queue: duration(),
    computeInput: duration(),
    computeInfer: duration(),
    computeOutput: duration(),
    cacheHit: duration(),
    cacheMiss: duration(),
  } satisfies Record<Latency, Duration>;
  readonly #batches = new Map<number, BatchStatistics>();
  readonly #onLatencies: OnLatencies | undefined;

  constructor(onLatencies?: OnLatencies) {
    this.#onLatencies = onLatencies;
  }

  /** One run of the model over `batchSize` entries, of which `inferences` belong to requests of clients. */
  execution(batchSize: number, times: ExecutionTimes, inferences = batchSize): void {
    this.#executionCount += 1;
    this.#inferenceCount += inferences;
    this.#lastInference = Date.now();
    const batch = this.#batches.get(batchSize) ?? {
      batch_size: batchSize,
      compute_input: duration(),
      compute_infer: duration(),
      compute_output: duration(),
    };
    this.#batches.set(batchSize, batch);
    add(batch.compute_input, times.computeInputNs);
    add(batch.compute_infer, times.computeInferNs);
    add(batch.compute_output, times.computeOutputNs);
  }

  /** One request answered; its whole execution's times are charged to it. */
  success(totalNs: number, queueNs: number, times: ExecutionTimes): void {
    const { request, queue, computeInput, computeInfer, computeOutput } = this.#latencies;
    add(request, totalNs);
    add(queue, queueNs);
    add(computeInput, times.computeInputNs);
    add(computeInfer, times.computeInferNs);
    add(computeOutput, times.computeOutputNs);
    this.#onLatencies?.({
      request: totalNs,
      queue: queueNs,
      computeInput: times.computeInputNs,
      computeInfer: times.computeInferNs,
      computeOutput: times.computeOutputNs,
    });
  }

  /** One request answered by the response cache, which took `lookupNs` to find the answer. */
  cacheHit(lookupNs: number): void {
    const { request, queue, cacheHit } = this.#latencies;
    add(request, lookupNs);
    add(queue, 0);
    add(cacheHit, lookupNs);
    this.#onLatencies?.({ request: lookupNs, queue: 0, cacheHit: lookupNs });
  }

  /** One answer looked up in vain, and kept. */
  cacheMiss(ns: number): void {
    add(this.#latencies.cacheMiss, ns);
    this.#onLatencies?.({ cacheMiss: ns });
  }

  /** One accepted request that came to nothing. */
  failure(totalNs: number, reason: FailureReason): void {
    add(this.#fail, totalNs);
    this.#failures[reason] += 1;
  }

  totals(): StatisticsTotals {
    return {
      inferences: this.#inferenceCount,
      executions: this.#executionCount,
      failures: this.#failures,
      latencies: this.#latencies,
    };
  }

  /** An entry of `model_stats`. */
  report(name: string, version: string): unknown {
    const { request, queue, computeInput, computeInfer, computeOutput, cacheHit, cacheMiss } =
      this.#latencies;
    return {
      name,
      version,
      last_inference: this.#lastInference,
      inference_count: this.#inferenceCount,
      execution_count: this.#executionCount,
      inference_stats: {
        success: request,
        fail: this.#fail,
        queue,
        compute_input: computeInput,
        compute_infer: computeInfer,
        compute_output: computeOutput,
        cache_hit: cacheHit,
        cache_miss: cacheMiss,
      },
      response_stats: {},
      batch_stats: [...this.#batches.values()].sort((a, b) => a.batch_size - b.batch_size),
      memory_usage: [],
    };
  }
}
