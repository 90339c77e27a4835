import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { messageOf, systemError, within } from '../base/index.ts';
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
import type { FailedMessage, ReadyMessage, StartMessage, WorkerMessage } from './messages.ts';
import { type ChunkSource, ReplyStream } from './reply-stream.ts';
import type { ScoreRequest } from './score-pool.ts';
import { StderrLines } from './stderr-lines.ts';

/** What a process is started with; workers that agree in it can stand in for each other. */
export interface WorkerProcessOptions {
  readonly interpreter: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** One request while a worker has it. */
export interface WorkerJob {
  readonly request: ScoreRequest;
  /** When a worker took it (`performance.now()`). */
  readonly dispatchedAt: number;
  reply(reply: ReplyFrame): void;
  /** As `reply`, with a body that is still being made. Returns false where nobody wants it any more. */
  stream(reply: ReplyFrame, body: ReplyStream): boolean;
  lost(reason: string): void;
  abort(runMs: number): void;
}

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
/** How long output of a process that has ended is still read; its children may keep the pipe open. */
const LAST_OUTPUT_MS = 250;
/** How long a worker that hangs has to write its stack. */
const ABORT_GRACE_MS = 500;

/**
 * One Python process with the harness in it. It runs one request at a time, and ends when its stdin does, so also
 * when we are killed.
 */
export class Worker implements AsyncDisposable, FrameReceiver, ChunkSource {
  readonly pid: number;
  readonly exited: Promise<WorkerExit>;
  state: 'spare' | 'starting' | 'ready' | 'exited' = 'spare';
  owner: WorkerOwner | undefined;
  readonly #stdin: Writable;
  readonly #stdout: Readable;
  readonly #kill: (signal: NodeJS.Signals) => void;
  readonly #interpreter: string;
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
  #resolveExited: (exit: WorkerExit) => void = () => undefined;
  #exit: WorkerExit | undefined;
  #spawnError: unknown;

  constructor({ interpreter, environment }: WorkerProcessOptions) {
    this.#interpreter = interpreter;
    this.exited = new Promise((resolve) => {
      this.#resolveExited = resolve;
    });
    const harness = harnessDirectory();
    this.#stderr = new StderrLines(harness, (level, line) => this.onLog(level, 'worker', line));
    const group = process.platform !== 'win32';
    const subprocess = execa(interpreter, [path.join(harness, 'worker.py')], {
      cwd: harness,
      env: environment,
      extendEnv: false,
      stdin: 'pipe',
      stdout: 'pipe',
      stderr: 'pipe',
      encoding: 'buffer',
      buffer: false,
      reject: false,
      windowsHide: true,
      // A group of its own: a terminal's Ctrl+C is ours to handle, and what a script leaves running ends with it.
      detached: group,
    });
    this.pid = subprocess.pid ?? 0;
    this.#kill = (signal) => {
      try {
        if (group && this.pid > 0 && signal === 'SIGKILL') process.kill(-this.pid, signal);
        else subprocess.kill(signal);
      } catch {
        // It has ended already.
      }
    };
    this.#stdin = subprocess.stdin;
    this.#stdout = subprocess.stdout;
    // EPIPE of a worker that died; its exit tells the rest.
    this.#stdin.on('error', () => undefined);
    this.#readOutput(subprocess.stdout, subprocess.stderr);
    subprocess.then(
      (result) => {
        if (result.exitCode === undefined && result.signal === undefined) {
          this.#spawnError = result.cause ?? result.shortMessage;
          this.#finish({ code: null, signal: null });
        }
      },
      () => undefined,
    );
    subprocess.once('exit', (code, signal) => {
      const closed = new Promise((resolve) => subprocess.once('close', resolve));
      within(closed, LAST_OUTPUT_MS).then(
        () => this.#finish({ code, signal }),
        () => undefined,
      );
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
    this.#stdin.write(encodeControl({ type: 'preload', modules }));
    await Promise.race([done, this.exited]);
  }

  /**
   * Loads the script and runs `init()`.
   * @throws WORKER_FAILED, PYTHON_MISSING when the process ends before it tells how that went.
   */
  start(message: StartMessage): Promise<StartResult> {
    return new Promise((resolve, reject) => {
      if (this.#exit) return reject(this.#describeEnd());
      this.state = 'starting';
      this.#onStarted = resolve;
      this.#onStartLost = reject;
      this.#stdin.write(encodeControl(message));
    });
  }

  /** Hands over one request; only for a worker that is ready and not busy. */
  run(job: WorkerJob): void {
    this.#job = job;
    const request = job.request;
    const [head, body] = encodeRequest(request, this.#wantsHead || request.method !== 'POST');
    if (body === undefined) {
      this.#stdin.write(head);
      return;
    }
    this.#stdin.cork();
    this.#stdin.write(head);
    this.#stdin.write(body);
    this.#stdin.uncork();
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
    this.#stdout.resume();
  }

  pause(): void {
    this.#stdout.pause();
  }

  cancel(): void {
    if (!this.#stream) return;
    this.#stdin.write(encodeControl({ type: 'cancel' }));
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
      this.#stdin.end();
      if (this.#job || this.state === 'starting') this.#kill('SIGTERM');
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
    this.#kill('SIGABRT');
    setTimeout(() => this.kill(), ABORT_GRACE_MS);
  }

  /** Ends the process and what it started, at once. */
  kill(): void {
    this.#kill('SIGKILL');
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
    if (this.#exit) return;
    this.#exit = exit;
    this.state = 'exited';
    // Whatever the script has left running in the group.
    if (this.pid > 0 && process.platform !== 'win32') this.#kill('SIGKILL');
    this.#stdin.destroy();
    const job = this.#job;
    this.#job = undefined;
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.finish(false);
    job?.lost(`the worker (process ${this.pid}) ${describeExit(exit)} before it answered`);
    this.#onStartLost?.(this.#describeEnd());
    this.owner?.onExit(this, exit);
    this.#resolveExited(exit);
  }

  #describeEnd(): Error {
    if (this.#spawnError !== undefined) {
      return systemError(
        'PYTHON_MISSING',
        `${this.#interpreter} cannot be started (${messageOf(this.#spawnError)})`,
        { hint: 'give the path of a Python 3.8 or newer with --python', cause: this.#spawnError },
      );
    }
    const end = this.#exit ?? { code: null, signal: null };
    const last = this.#stderr.tail.at(-1);
    const told = last === undefined ? '' : `; its last line was: ${last}`;
    const when = this.#saidHello ? 'while the script was loaded' : 'before it could load the script';
    return systemError('WORKER_FAILED', `a Python worker ${describeExit(end)} ${when}${told}`, {
      cause: new Error(this.#stderr.tail.join('\n')),
    });
  }
}

function describeExit({ code, signal }: WorkerExit): string {
  if (signal === 'SIGKILL') return 'was ended by SIGKILL (which the system sends where memory runs out)';
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
}
