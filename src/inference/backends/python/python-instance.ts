import type { EventSink } from '../../../events/index.ts';
import { internal, KServeError, type ParameterValue } from '../../../kserve/index.ts';
import type {
  BatchEntry,
  ExecuteFailedMessage,
  MetricMessage,
  ModelHost,
  ModelProcess,
  ModelStartMessage,
  NumberedResponse,
  TensorFiles,
  WorkerExit,
} from '../../../python/index.ts';
import { type Answer, type ExecutedRequest, RESCHEDULED } from '../../scheduling/scheduled-request.ts';
import { whenAborted } from '../../when-aborted.ts';
import type { BatchResult, ModelInstance, Outcome } from '../backend.ts';
import type { ModelCalls } from './model-calls.ts';
import { loadError } from './python-load.ts';
import { toBatchEntry } from './wire-requests.ts';
import { fromModelTensor, toKServeError } from './wire-tensors.ts';

/** Requests by the number that their process knows them by. */
interface OpenRequest {
  readonly request: ExecutedRequest;
  /** The only response of a model that is not decoupled; `RESCHEDULED` for any. */
  answer: Answer | KServeError | undefined;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
  readonly done: Promise<void>;
}

export interface PythonInstanceOptions {
  readonly start: ModelStartMessage;
  readonly decoupled: boolean;
  readonly files: TensorFiles | undefined;
  readonly takeProcess: () => ModelProcess;
  readonly calls: ModelCalls;
  readonly events: EventSink;
  readonly onMetric: (process: ModelProcess, message: MetricMessage) => void;
  readonly onRestart: () => void;
  readonly userPaths: (text: string) => string;
}

/** How long to wait before a process that does not come up again is tried once more. */
const RETRY_MS = 1_000;

/** One instance of a Python model: a process that is started again where it dies. */
export class PythonInstance implements ModelInstance, ModelHost, AsyncDisposable {
  readonly #options: PythonInstanceOptions;
  readonly #open = new Map<number, OpenRequest>();
  #process: ModelProcess | undefined;
  #starting: Promise<ModelProcess | undefined> | undefined;
  /** A process is loading the model, for the first time or again. */
  #loads = false;
  #retryAt = 0;
  #lastNumber = 0;
  #disposed = false;
  /** Whether the process has loaded the model. */
  #serves = false;

  constructor(options: PythonInstanceOptions) {
    this.#options = options;
  }

  /**
   * Loads the model.
   * @param signal ends the process, and the load with it
   * @throws KServeError with Triton's reason; TritonLocalError where Python itself is at fault
   */
  async start(signal?: AbortSignal): Promise<void> {
    const process = this.#options.takeProcess();
    this.#process = process;
    this.#loads = true;
    this.#serves = false;
    using _end = whenAborted(signal, () => {
      this.#disposed = true;
      process.kill();
    });
    const result = await process
      .start(this.#options.start, this.#options.files, this)
      .catch((error) => {
        // Triton says this of a stub that ended while the model was loaded.
        if (process.isAlive || error?.code === 'PYTHON_MISSING') throw error;
        throw this.#disposed ? internal('the load was called off') : this.#notHealthy();
      })
      .finally(() => {
        this.#loads = false;
      });
    if (result.type !== 'failed') {
      this.#serves = true;
      return;
    }
    void process[Symbol.asyncDispose]();
    throw loadError(result);
  }

  async execute(requests: readonly ExecutedRequest[]): Promise<BatchResult> {
    const began = performance.now();
    const process = await this.#alive();
    if (!process) throw this.#notHealthy();
    const opened: OpenRequest[] = [];
    const batch: BatchEntry[] = [];
    for (const request of requests) {
      this.#lastNumber += 1;
      opened.push(this.#openRequest(this.#lastNumber, request, process));
      batch.push(toBatchEntry(this.#lastNumber, request));
    }
    const { kind, milliseconds } = await process.execute(batch);
    if (kind === 'lost') for (const one of opened) one.fail(this.#notHealthy());
    const outcomes = opened.map((one): Outcome => {
      if (this.#options.decoupled) return lastAnswer(one);
      if (one.answer === undefined) return kind === 'returned' ? laterAnswer(one) : this.#notHealthy();
      return one.answer;
    });
    const computeInferNs = milliseconds * 1e6;
    const overheadNs = Math.max(0, (performance.now() - began) * 1e6 - computeInferNs);
    return {
      outcomes,
      failure: kind === 'returned' ? undefined : kind,
      computeInputNs: overheadNs / 2,
      computeInferNs,
      computeOutputNs: overheadNs / 2,
    };
  }

  onResponse({ number, follows, response }: NumberedResponse): void {
    if (number === undefined) {
      const error = response.error ? this.#error(this.#named(response.error)) : this.#notHealthy();
      for (const open of [...this.#open.values()]) open.fail(error);
      return;
    }
    const open = this.#open.get(number);
    if (!open) return;
    if (follows === 'again') {
      open.answer = RESCHEDULED;
      open.settle();
      return;
    }
    const answer: Answer | KServeError | undefined = response.error
      ? this.#error(response.error)
      : response.outputs && {
          outputs: response.outputs.map(fromModelTensor),
          parameters:
            response.parameters && new Map<string, ParameterValue>(Object.entries(response.parameters)),
        };
    const final = follows !== 'more';
    if (this.#options.decoupled) open.request.onResponse?.(answer, final);
    else if (answer) open.answer = open.answer ? internal('expected a single response, got 2') : answer;
    if (final) open.settle();
  }

  onLog(level: Parameters<ModelHost['onLog']>[0], text: string): void {
    this.#options.events.emit({
      type: 'log.line',
      source: 'engine',
      level,
      text: this.#options.userPaths(text),
      model: this.#options.start.name,
    });
  }

  onExecuteFailed({ traceback }: ExecuteFailedMessage): void {
    this.onLog('error', traceback);
  }

  onCall(call: Parameters<ModelHost['onCall']>[0]): void {
    if (this.#process) this.#options.calls.infer(call, this.#process);
  }

  onControlCall(call: Parameters<ModelHost['onControlCall']>[0]): void {
    if (this.#process) this.#options.calls.control(call, this.#process, this.#options.start.instance);
  }

  onMetric(message: MetricMessage): void {
    if (this.#process) this.#options.onMetric(this.#process, message);
  }

  onExit(exit: WorkerExit): void {
    const error = this.#notHealthy();
    for (const open of [...this.#open.values()]) open.fail(error);
    if (this.#disposed) return;
    const how = exit.signal ? `by ${exit.signal}` : `with exit code ${exit.code}`;
    const then = this.#serves ? 'it is started again' : 'the model was not loaded yet';
    this.onLog('error', `the process of ${this.#options.start.instance} ended ${how}; ${then}`);
  }

  /** Ends the process if it is loading the model, which may hang. */
  async stopLoading(): Promise<void> {
    if (this.#loads) await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    // First the process: one that hangs in the model's code would never have started.
    await this.#process?.[Symbol.asyncDispose]();
    await this.#starting;
  }

  /** The process; a new one where it has died. Undefined where that one does not come up either. */
  #alive(): Promise<ModelProcess | undefined> | ModelProcess {
    if (this.#process?.isAlive) return this.#process;
    this.#starting ??= this.#restart().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  async #restart(): Promise<ModelProcess | undefined> {
    if (this.#disposed || performance.now() < this.#retryAt) return undefined;
    this.#retryAt = performance.now() + RETRY_MS;
    try {
      await this.start();
      this.#options.onRestart();
      this.#retryAt = 0;
      return this.#process;
    } catch (error) {
      this.onLog(
        'error',
        `${this.#options.start.instance} did not start again: ${error instanceof Error ? error.message : error}`,
      );
      return undefined;
    }
  }

  #openRequest(number: number, request: ExecutedRequest, process: ModelProcess): OpenRequest {
    let settle = (): void => undefined;
    let reject = (_error: unknown): void => undefined;
    const done = new Promise<void>((resolve, refuse) => {
      settle = resolve;
      reject = refuse;
    });
    // Only a decoupled model's requests are waited for in this way.
    done.catch(() => undefined);
    const close = () => {
      this.#open.delete(number);
      if (request.cancellation) request.cancellation.cancel = undefined;
    };
    const open: OpenRequest = {
      request,
      answer: undefined,
      done,
      settle: () => {
        close();
        settle();
      },
      fail: (error) => {
        close();
        if (error instanceof KServeError) open.answer = error;
        reject(error);
      },
    };
    this.#open.set(number, open);
    if (request.cancellation) request.cancellation.cancel = () => process.cancel(number);
    return open;
  }

  #named({ code, message }: { code: number; message: string }) {
    const { instance } = this.#options.start;
    return {
      code,
      message: `Failed to process the request(s) for model '${instance}', message: ${message}`,
    };
  }

  #error({ code, message }: { readonly code: number; readonly message: string }): KServeError {
    return toKServeError({ code, message: this.#options.userPaths(message) });
  }

  #notHealthy(): KServeError {
    return internal(`Stub process '${this.#options.start.instance}' is not healthy.`);
  }
}

/** The end of a decoupled request: its responses have gone to `onResponse`. */
async function lastAnswer(open: OpenRequest): Promise<Answer | undefined> {
  await open.done;
  return open.answer === RESCHEDULED ? RESCHEDULED : undefined;
}

/** A response that comes through its sender after `execute` has returned. */
async function laterAnswer(open: OpenRequest): Promise<Answer | undefined> {
  await open.done;
  if (open.answer instanceof KServeError) throw open.answer;
  return open.answer;
}
