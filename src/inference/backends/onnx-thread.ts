import { Worker } from 'node:worker_threads';
import { systemError } from '../../base/index.ts';
import type { SessionOptions, SessionTensor, SessionTensorInfo } from './onnx-session.mjs';

export interface LoadedSession {
  readonly inputs: readonly SessionTensorInfo[];
  readonly outputs: readonly SessionTensorInfo[];
}

export interface RunResult {
  readonly outputs: readonly SessionTensor[];
  /** Nanoseconds inside the model. */
  readonly runNs: number;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A worker thread that holds ONNX sessions and runs one thing at a time. */
export class OnnxThread implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #exited: Error | undefined;
  /** Number of its sessions, to spread them over threads. */
  sessions = 0;

  constructor(runtimePaths: readonly string[]) {
    this.#worker = new Worker(new URL('./onnx-worker.mjs', import.meta.url), {
      workerData: { runtimePaths },
      name: 'onnxruntime',
      // The parent's flags, such as the loaders of test runners, do not apply there.
      execArgv: [],
    });
    this.#worker.unref();
    this.#worker.on('message', (message: { id: number; result?: unknown; error?: string }) =>
      this.#settle(message),
    );
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', (code) => this.#fail(new Error(`the model thread ended with code ${code}`)));
  }

  get alive(): boolean {
    return this.#exited === undefined;
  }

  /** Resolves with undefined if onnxruntime-node cannot be found. */
  load(
    session: number,
    model: string | Uint8Array,
    options: SessionOptions,
  ): Promise<LoadedSession | undefined> {
    return this.#call<LoadedSession | undefined>({ kind: 'load', session, model, options }, []);
  }

  select(session: number, names: readonly string[]): Promise<boolean> {
    return this.#call<boolean>({ kind: 'select', session, names }, []);
  }

  run(
    session: number,
    inputs: readonly SessionTensor[],
    transfer: readonly ArrayBuffer[],
  ): Promise<RunResult> {
    return this.#call<RunResult>({ kind: 'run', session, inputs }, transfer);
  }

  async dispose(session: number): Promise<void> {
    if (this.alive) await this.#call<boolean>({ kind: 'dispose', session }, []);
  }

  #call<T>(message: object, transfer: readonly ArrayBuffer[]): Promise<T> {
    if (this.#exited) return Promise.reject(this.#exited);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      // An idle thread must not keep the process alive; a busy one must.
      if (this.#pending.size === 1) this.#worker.ref();
      this.#worker.postMessage({ id, ...message }, transfer);
    });
  }

  #settle({ id, result, error }: { id: number; result?: unknown; error?: string }): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(new Error(error));
  }

  #fail(error: Error): void {
    this.#exited ??= systemError('MODEL_THREAD_ENDED', error.message, { cause: error });
    for (const { reject } of this.#pending.values()) reject(this.#exited);
    this.#pending.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
