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

/** Counters of one loaded version, in the order and words of Triton's statistics extension; they start at 0 with it. */
export class ModelStatistics {
  #lastInference = 0;
  #inferenceCount = 0;
  #executionCount = 0;
  readonly #success = duration();
  readonly #fail = duration();
  readonly #queue = duration();
  readonly #computeInput = duration();
  readonly #computeInfer = duration();
  readonly #computeOutput = duration();
  readonly #cacheHits = duration();
  readonly #cacheMisses = duration();
  readonly #batches = new Map<number, BatchStatistics>();

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
    add(this.#success, totalNs);
    add(this.#queue, queueNs);
    add(this.#computeInput, times.computeInputNs);
    add(this.#computeInfer, times.computeInferNs);
    add(this.#computeOutput, times.computeOutputNs);
  }

  /** One request answered by the response cache, which took `lookupNs` to find the answer. */
  cacheHit(lookupNs: number): void {
    add(this.#success, lookupNs);
    add(this.#queue, 0);
    add(this.#cacheHits, lookupNs);
  }

  /** One answer looked up in vain, and kept. */
  cacheMiss(ns: number): void {
    add(this.#cacheMisses, ns);
  }

  /** One accepted request that came to nothing. */
  failure(totalNs: number): void {
    add(this.#fail, totalNs);
  }

  /** An entry of `model_stats`. */
  report(name: string, version: string): unknown {
    return {
      name,
      version,
      last_inference: this.#lastInference,
      inference_count: this.#inferenceCount,
      execution_count: this.#executionCount,
      inference_stats: {
        success: this.#success,
        fail: this.#fail,
        queue: this.#queue,
        compute_input: this.#computeInput,
        compute_infer: this.#computeInfer,
        compute_output: this.#computeOutput,
        cache_hit: this.#cacheHits,
        cache_miss: this.#cacheMisses,
      },
      response_stats: {},
      batch_stats: [...this.#batches.values()].sort((a, b) => a.batch_size - b.batch_size),
      memory_usage: [],
    };
  }
}
