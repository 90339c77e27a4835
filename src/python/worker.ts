import type { Readable, Writable } from 'node:stream';
import { messageOf, within } from '../base/index.ts';
import type { LogLevel, LogSource } from '../events/index.ts';
import {
  type ChunkFollows,
  encodeControl,
  encodeRequest,
  FrameReader,
  type FrameReceiver,
  type ReplyFrame,
} from './frames.ts';
import { harnessDirectory } from './harness-directory.ts';
import type {
  FailedMessage,
  ForkMessage,
  ForkReport,
  ReadyMessage,
  StartMessage,
  WorkerMessage,
} from './messages.ts';
import { type ChunkSource, ReplyStream } from './reply-stream.ts';
import { StderrLines } from './stderr-lines.ts';
import { describeExit, startLost } from './worker-end.ts';
import type { WorkerJob } from './worker-job.ts';
import type { WorkerExit, WorkerProcess } from './worker-process.ts';

/** Receives what happens to a worker: its pool. */
export interface WorkerOwner {
  onLog(worker: Worker, level: LogLevel, source: LogSource, text: string): void;
  /** The worker has answered and is free for the next request. */
  onIdle(worker: Worker): void;
  onExit(worker: Worker, exit: WorkerExit): void;
}

export type StartResult = ReadyMessage | FailedMessage | { readonly type: 'unsuitable' };

/** How long a worker may take to end after it was asked to. */
const END_GRACE_MS = 1_000;
/** How long a hanging worker may take to write its stack. */
const ABORT_GRACE_MS = 500;

/**
 * The conversation with one Python process: the script's start, then one request at a time. The process ends when its
 * input does, and so even if we are killed.
 */
export class Worker implements AsyncDisposable, FrameReceiver, ChunkSource {
  readonly pid: number;
  readonly exited: Promise<WorkerExit>;
  state: 'spare' | 'starting' | 'ready' | 'exited' = 'spare';
  owner: WorkerOwner | undefined;
  /** Called with reports about forks of this process. */
  onForkReport: ((report: ForkReport) => void) | undefined;
  readonly #process: WorkerProcess;
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #stderr: StderrLines;
  #job: WorkerJob | undefined;
  /** The body that the worker is sending, until its last chunk. */
  #stream: ReplyStream | undefined;
  #wantsHead = true;
  #hasStarted = false;
  #ending = false;
  #aborted = false;
  #onPreloaded: (() => void) | undefined;
  #onStarted: ((result: StartResult) => void) | undefined;
  #onStartLost: ((error: Error) => void) | undefined;
  #exit: WorkerExit | undefined;

  constructor(process: WorkerProcess) {
    this.#process = process;
    this.pid = process.pid;
    this.#input = process.input;
    this.#output = process.output;
    this.#stderr = new StderrLines(harnessDirectory(), (level, line) => this.onLog(level, 'worker', line));
    // EPIPE of a dead process; its exit explains the rest.
    this.#input.on('error', () => undefined);
    this.#readOutput(process.output, process.errors);
    this.exited = process.exited.then((exit) => {
      this.#finish(exit);
      return exit;
    });
  }

  /** Whether the harness has started, so that any later failure is the script's. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  get busy(): boolean {
    return this.#job !== undefined;
  }

  /** When it took its current request. */
  get busySince(): number | undefined {
    return this.#job?.dispatchedAt;
  }

  /** Whether we ended it. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Imports these modules ahead of any script; resolves when that is done or the process has ended. */
  async preload(modules: readonly string[]): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#onPreloaded = resolve;
    });
    this.#input.write(encodeControl({ type: 'preload', modules }));
    await Promise.race([done, this.exited]);
  }

  /**
   * Loads the script and runs `init()`.
   * @throws WORKER_FAILED, PYTHON_MISSING if the process ends before it reports the result.
   */
  start(message: StartMessage): Promise<StartResult> {
    return new Promise((resolve, reject) => {
      if (this.#exit) return reject(this.#startLost(this.#exit));
      this.state = 'starting';
      this.#onStarted = resolve;
      this.#onStartLost = reject;
      this.#input.write(encodeControl(message));
    });
  }

  /** Adopts the start result of the process from which this one was forked. */
  adopt(ready: ReadyMessage): void {
    this.#hasStarted = true;
    this.onControl(ready);
  }

  /** Requests a fork from a ready worker; `onForkReport` is called with the results. */
  fork(message: ForkMessage): void {
    this.#input.write(encodeControl(message));
  }

  /** Sends one request to a worker that is ready and not busy. */
  run(job: WorkerJob): void {
    this.#job = job;
    const request = job.request;
    const [head, body] = encodeRequest(request, this.#wantsHead || request.method !== 'POST');
    if (body === undefined) {
      this.#input.write(head);
      return;
    }
    this.#input.cork();
    this.#input.write(head);
    this.#input.write(body);
    this.#input.uncork();
  }

  onReply(reply: ReplyFrame): void {
    const job = this.#job;
    if (!job) return;
    if (reply.streamed) {
      this.#stream = new ReplyStream(this);
      if (!job.stream(reply, this.#stream)) this.#stream.destroy();
      return;
    }
    this.#job = undefined;
    job.reply(reply);
    this.owner?.onIdle(this);
  }

  onChunk(data: Buffer, follows: ChunkFollows): void {
    const stream = this.#stream;
    if (!stream) return;
    stream.append(data);
    if (follows === 'more') return;
    this.#stream = undefined;
    this.#job = undefined;
    this.resume();
    stream.finish(follows === 'end');
    this.owner?.onIdle(this);
  }

  resume(): void {
    this.#output.resume();
  }

  pause(): void {
    this.#output.pause();
  }

  cancel(): void {
    if (!this.#stream) return;
    this.#input.write(encodeControl({ type: 'cancel' }));
    this.resume();
  }

  onLog(level: LogLevel, source: LogSource, text: string): void {
    this.owner?.onLog(this, level, source, text);
  }

  get requestId(): string | undefined {
    return this.#job?.request.id;
  }

  onControl(message: unknown): void {
    const received = message as WorkerMessage;
    switch (received.type) {
      case 'hello':
        this.#hasStarted = true;
        return;
      case 'preloaded':
        this.#onPreloaded?.();
        return;
      case 'wantsHead':
        this.#wantsHead = true;
        return;
      case 'ready':
        this.state = 'ready';
        this.#wantsHead = received.wantsHead;
        this.#onStarted?.(received);
        return;
      case 'forked':
      case 'ended':
        this.onForkReport?.(received);
        return;
      case 'failed':
      case 'unsuitable':
        this.#ending = true;
        this.#onStarted?.(received);
    }
  }

  /** Ends the process by closing its stdin, by SIGTERM if it is busy, by SIGKILL if that does not help. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ending) {
      this.#ending = true;
      this.#input.end();
      if (this.#job || this.state === 'starting') this.#process.kill('SIGTERM');
    }
    if (!(await within(this.exited, END_GRACE_MS))) this.kill();
    await this.exited;
  }

  /** Ends the process because its request takes too long, after faulthandler has had time to print where it hangs. */
  abort(limitMs: number): void {
    const job = this.#job;
    if (!job || this.#aborted) return;
    this.#aborted = true;
    const text = `run() did not return within WORKER_TIMEOUT (${limitMs / 1000} s): the worker (process ${this.pid}) is being ended`;
    this.onLog('error', 'worker', text);
    job.abort(performance.now() - job.dispatchedAt);
    this.#process.kill('SIGABRT');
    setTimeout(() => this.kill(), ABORT_GRACE_MS);
  }

  /** Ends the process and what it started, at once. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #readOutput(stdout: Readable, stderr: Readable): void {
    const frames = new FrameReader(this);
    stdout.on('data', (chunk: Buffer) => {
      try {
        frames.push(chunk);
      } catch (error) {
        this.onLog('error', 'worker', messageOf(error));
        stdout.removeAllListeners('data');
        stdout.resume();
        this.kill();
      }
    });
    stderr.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    stderr.once('end', () => this.#stderr.end());
    for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  }

  #finish(exit: WorkerExit): void {
    this.#exit = exit;
    this.state = 'exited';
    // Ends whatever the script has left running in the group.
    this.kill();
    this.#input.destroy();
    const job = this.#job;
    this.#job = undefined;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.finish(false);
    job?.lost(`the worker (process ${this.pid}) ${describeExit(exit)} before it answered`);
    this.#onStartLost?.(this.#startLost(exit));
    this.owner?.onExit(this, exit);
  }

  #startLost(exit: WorkerExit): Error {
    const { interpreter } = this.#process;
    return startLost({ interpreter, exit, hasStarted: this.#hasStarted, tail: this.#stderr.tail });
  }
}
