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

/** Who hears of a worker: its pool. */
export interface WorkerOwner {
  onLog(worker: Worker, level: LogLevel, source: LogSource, text: string): void;
  /** The worker has answered and can take the next request. */
  onIdle(worker: Worker): void;
  onExit(worker: Worker, exit: WorkerExit): void;
}

export type StartResult = ReadyMessage | FailedMessage | { readonly type: 'unsuitable' };

/** How long a worker may take to end by itself. */
const END_GRACE_MS = 1_000;
/** How long a worker that hangs has to write its stack. */
const ABORT_GRACE_MS = 500;

/**
 * The conversation with one Python process: the script's start, then one request at a time. The process ends when its
 * input does, so also when we are killed.
 */
export class Worker implements AsyncDisposable, FrameReceiver, ChunkSource {
  readonly pid: number;
  readonly exited: Promise<WorkerExit>;
  state: 'spare' | 'starting' | 'ready' | 'exited' = 'spare';
  owner: WorkerOwner | undefined;
  /** Hears of the forks that were asked of it. */
  onForkReport: ((report: ForkReport) => void) | undefined;
  readonly #process: WorkerProcess;
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #stderr: StderrLines;
  #job: WorkerJob | undefined;
  /** The body that the worker is making, until its last chunk. */
  #stream: ReplyStream | undefined;
  #wantsHead = true;
  #saidHello = false;
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
    // EPIPE of a process that died; its exit tells the rest.
    this.#input.on('error', () => undefined);
    this.#readOutput(process.output, process.errors);
    this.exited = process.exited.then((exit) => {
      this.#finish(exit);
      return exit;
    });
  }

  /** Whether the harness came up, so that what follows is the script's doing. */
  get saidHello(): boolean {
    return this.#saidHello;
  }

  get busy(): boolean {
    return this.#job !== undefined;
  }

  /** Since when it has its request. */
  get busySince(): number | undefined {
    return this.#job?.dispatchedAt;
  }

  /** Whether its end was ours. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Imports these modules ahead of any script; resolves when that is done, or when the process has ended. */
  async preload(modules: readonly string[]): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#onPreloaded = resolve;
    });
    this.#input.write(encodeControl({ type: 'preload', modules }));
    await Promise.race([done, this.exited]);
  }

  /**
   * Loads the script and runs `init()`.
   * @throws WORKER_FAILED, PYTHON_MISSING when the process ends before it tells how that went.
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

  /** Takes over the start of the process that this one was forked from. */
  adopt(ready: ReadyMessage): void {
    this.#saidHello = true;
    this.onControl(ready);
  }

  /** Asks for a fork; only of a worker that is ready. `onForkReport` hears the rest. */
  fork(message: ForkMessage): void {
    this.#input.write(encodeControl(message));
  }

  /** Hands over one request; only for a worker that is ready and not busy. */
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
    const told = message as WorkerMessage;
    switch (told.type) {
      case 'hello':
        this.#saidHello = true;
        return;
      case 'preloaded':
        this.#onPreloaded?.();
        return;
      case 'wantsHead':
        this.#wantsHead = true;
        return;
      case 'ready':
        this.state = 'ready';
        this.#wantsHead = told.wantsHead;
        this.#onStarted?.(told);
        return;
      case 'forked':
      case 'ended':
        this.onForkReport?.(told);
        return;
      case 'failed':
      case 'unsuitable':
        this.#ending = true;
        this.#onStarted?.(told);
    }
  }

  /** Ends the process: by closing its stdin, by SIGTERM where it is busy, by SIGKILL where that does not help. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ending) {
      this.#ending = true;
      this.#input.end();
      if (this.#job || this.state === 'starting') this.#process.kill('SIGTERM');
    }
    if (!(await within(this.exited, END_GRACE_MS))) this.kill();
    await this.exited;
  }

  /** Ends the process because its request takes too long. It is let to tell where it hangs: faulthandler does so. */
  abort(limitMs: number): void {
    const job = this.#job;
    if (!job || this.#aborted) return;
    this.#aborted = true;
    const text = `run() did not return within WORKER_TIMEOUT (${limitMs / 1000} s): the worker (process ${this.pid}) is ended`;
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
    // Whatever the script has left running in the group.
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
    return startLost({ interpreter, exit, saidHello: this.#saidHello, tail: this.#stderr.tail });
  }
}
