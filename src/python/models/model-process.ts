import { messageOf, within } from '../../base/index.ts';
import type { LogLevel } from '../../events/index.ts';
import { encodeControl, FrameSplitter, readCommonFrame } from '../frames.ts';
import { harnessDirectory } from '../harness-directory.ts';
import { StderrLines } from '../stderr-lines.ts';
import { startLost } from '../worker-end.ts';
import { spawnWorkerProcess, type WorkerExit, type WorkerProcessOptions } from '../worker-process.ts';
import {
  type BatchEntry,
  CALL,
  type CallFrame,
  decodeCall,
  decodeResponses,
  encodeAnswer,
  encodeExecute,
  type ModelResponse,
  type NumberedResponse,
  RESPONSES,
  type ResponseFollows,
  type ResponsesFrame,
} from './model-frames.ts';
import type {
  ControlCallMessage,
  ExecuteFailedMessage,
  MetricMessage,
  ModelFailedMessage,
  ModelStartMessage,
  ModelWorkerMessage,
} from './model-messages.ts';
import type { TensorFiles } from './tensor-files.ts';

/** Receives what happens to a model's process while it serves. */
export interface ModelHost {
  onLog(level: LogLevel, text: string): void;
  /** A response to a request of the submitted batches, in the order in which the model sent it. */
  onResponse(response: NumberedResponse): void;
  onExecuteFailed(failure: ExecuteFailedMessage): void;
  onCall(call: CallFrame): void;
  onControlCall(call: ControlCallMessage): void;
  onMetric(message: MetricMessage): void;
  onExit(exit: WorkerExit): void;
}

/** How a call of `execute` ended: it returned, it failed as a whole, or its process ended. */
export interface ExecuteEnd {
  readonly kind: 'returned' | 'failed' | 'lost';
  readonly milliseconds: number;
}

export type ModelStart =
  | { readonly type: 'ready'; readonly initMs: number }
  | { readonly type: 'completed'; readonly config: string | null }
  | ModelFailedMessage;

/** How long `finalize()` may take. */
const FINALIZE_GRACE_MS = 10_000;
/** How long a process that has nothing to finalize may take to end. */
const END_GRACE_MS = 1_000;

/** The conversation with the process of one instance of a Python model. */
export class ModelProcess implements AsyncDisposable {
  readonly pid: number;
  readonly exited: Promise<WorkerExit>;
  #process: ReturnType<typeof spawnWorkerProcess>;
  #stderr: StderrLines;
  #files: TensorFiles | undefined;
  #host: ModelHost | undefined;
  #state: 'spare' | 'starting' | 'serving' | 'ending' | 'exited' = 'spare';
  #hasStarted = false;
  #exit: WorkerExit | undefined;
  #onPreloaded: (() => void) | undefined;
  #start: { resolve: (start: ModelStart) => void; reject: (error: Error) => void } | undefined;
  #execute: ((end: ExecuteEnd) => void) | undefined;
  /** Responses whose tensors are still being read from files; later ones wait for them. */
  #reading: Promise<void> | undefined;
  /** Answers whose tensors are still being written to files. */
  #answering: Promise<void> = Promise.resolve();

  constructor(options: WorkerProcessOptions) {
    this.#process = spawnWorkerProcess(options, 'model_worker.py');
    this.pid = this.#process.pid;
    this.#stderr = new StderrLines(harnessDirectory(), (level, line) => this.#host?.onLog(level, line));
    // EPIPE of a dead process; its exit explains the rest.
    this.#process.input.on('error', () => undefined);
    this.#readOutput();
    this.exited = this.#process.exited.then(async (exit) => {
      await this.#finish(exit);
      return exit;
    });
  }

  get isAlive(): boolean {
    return this.#exit === undefined;
  }

  /** Imports libraries ahead, in a process that has no model yet. */
  preload(modules: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      if (this.#exit) return resolve();
      this.#onPreloaded = resolve;
      this.#process.input.write(encodeControl({ type: 'preload', modules }));
    });
  }

  /**
   * Loads the model. Rejects if the process ends before it reports the result.
   * @throws WORKER_FAILED, PYTHON_MISSING
   */
  start(message: ModelStartMessage, files: TensorFiles | undefined, host: ModelHost): Promise<ModelStart> {
    this.#host = host;
    this.#files = files;
    return new Promise((resolve, reject) => {
      if (this.#exit) return reject(this.#startLost(this.#exit));
      this.#state = 'starting';
      this.#start = { resolve, reject };
      this.#process.input.write(encodeControl(message));
    });
  }

  /** Sends one batch. The next one may follow once this resolves; responses go to the host, before or after that. */
  async execute(batch: readonly BatchEntry[]): Promise<ExecuteEnd> {
    const frame = await encodeExecute(batch, this.#files);
    if (this.#exit) return { kind: 'lost', milliseconds: 0 };
    return new Promise((resolve) => {
      this.#execute = resolve;
      this.#write(frame);
    });
  }

  /** Cancels a request that nobody waits for any more. */
  cancel(request: number): void {
    if (this.isAlive) this.#process.input.write(encodeControl({ type: 'cancel', request }));
  }

  /** Answers a call of the model; answers arrive in the order in which this is called. */
  answer(call: number, follows: ResponseFollows, response: ModelResponse): void {
    const before = this.#answering;
    this.#answering = encodeAnswer(call, follows, response, this.#files).then(async (frame) => {
      await before;
      if (this.isAlive) this.#write(frame);
    });
  }

  /** Answers a control call with its value or an error text. */
  answerControl(call: number, result: { readonly value: unknown } | { readonly error: string }): void {
    if (this.isAlive) this.#process.input.write(encodeControl({ type: 'result', call, ...result }));
  }

  /** Ends the process and what it started, at once. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Gives the model some time to finalize, then ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    const serves = this.#state === 'serving';
    if (this.isAlive) {
      this.#state = 'ending';
      // Whoever hangs in execute() will not come to finalize().
      if (this.#execute) this.kill();
      // The end of its input ends the process soon, so a model that finalizes keeps it open meanwhile.
      if (serves) this.#process.input.write(encodeControl({ type: 'finalize' }));
      else this.#process.input.end();
      if (!(await within(this.exited, serves ? FINALIZE_GRACE_MS : END_GRACE_MS))) this.kill();
    }
    await this.exited;
  }

  #write(frame: readonly Uint8Array[]): void {
    const { input } = this.#process;
    if (frame.length > 1) input.cork();
    for (const part of frame) if (part.byteLength > 0) input.write(part);
    if (frame.length > 1) input.uncork();
  }

  #readOutput(): void {
    const { output, errors } = this.#process;
    const frames = new FrameSplitter((chunk, at, end) => this.#onFrame(chunk, at, end));
    output.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch (error) {
        this.#host?.onLog('error', messageOf(error));
        output.removeAllListeners('data');
        output.resume();
        this.kill();
      }
    });
    errors.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    errors.once('end', () => this.#stderr.end());
    for (const stream of [output, errors]) stream.on('error', () => undefined);
  }

  #onFrame(chunk: Buffer, at: number, end: number): void {
    const kind = chunk[at + 4];
    if (kind === RESPONSES) {
      this.#inOrder(decodeResponses(chunk, at, end, this.#files), (frame) => this.#onResponses(frame));
    } else if (kind === CALL) {
      this.#inOrder(decodeCall(chunk, at, end, this.#files), (frame) => this.#host?.onCall(frame));
    } else {
      readCommonFrame(chunk, at, end, {
        onControl: (message) => this.#onControl(message as ModelWorkerMessage),
        onLog: (level, _source, text) => this.#host?.onLog(level, text),
      });
    }
  }

  #inOrder<T>(frame: T | Promise<T>, take: (frame: T) => void): void {
    if (!this.#reading && !(frame instanceof Promise)) {
      take(frame);
      return;
    }
    const before = this.#reading;
    const reading = (async () => {
      await before;
      take(await frame);
    })()
      .catch((error: unknown) => {
        this.#host?.onLog('error', `a tensor of this model could not be read: ${messageOf(error)}`);
        this.kill();
      })
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    this.#reading = reading;
  }

  #onResponses({ responses, returned, failed, milliseconds }: ResponsesFrame): void {
    for (const response of responses) this.#host?.onResponse(response);
    if (!returned) return;
    const ended = this.#execute;
    this.#execute = undefined;
    ended?.({ kind: failed ? 'failed' : 'returned', milliseconds });
  }

  #onControl(message: ModelWorkerMessage): void {
    switch (message.type) {
      case 'hello':
        this.#hasStarted = true;
        return;
      case 'preloaded':
        this.#onPreloaded?.();
        return;
      case 'ready':
        this.#state = 'serving';
        this.#start?.resolve(message);
        return;
      case 'completed':
      case 'failed':
        this.#state = 'ending';
        this.#start?.resolve(message);
        return;
      case 'executeFailed':
        this.#host?.onExecuteFailed(message);
        return;
      case 'finalizeFailed':
        this.#host?.onLog('error', `finalize() failed\n${message.traceback}`);
        return;
      case 'finalized':
        this.#process.input.end();
        return;
      case 'call':
        this.#host?.onControlCall(message);
        return;
      default:
        this.#host?.onMetric(message);
    }
  }

  async #finish(exit: WorkerExit): Promise<void> {
    this.#exit = exit;
    this.#state = 'exited';
    // Ends whatever the model has left running in the group.
    this.kill();
    this.#process.input.destroy();
    this.#onPreloaded?.();
    this.#start?.reject(this.#startLost(exit));
    await this.#reading;
    const ended = this.#execute;
    this.#execute = undefined;
    this.#host?.onExit(exit);
    ended?.({ kind: 'lost', milliseconds: 0 });
  }

  #startLost(exit: WorkerExit): Error {
    const { interpreter } = this.#process;
    return startLost({ interpreter, exit, hasStarted: this.#hasStarted, tail: this.#stderr.tail });
  }
}
