import { execa } from 'execa';
import { LineSplitter, within } from '../../base/index.ts';
import { type EventSink, LogParser } from '../../events/index.ts';
import { GUARD } from './guard.ts';
import { unloadable } from './unloadable.ts';

export interface TritonProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Triton's Python backend names its shared memory so; removed with the process. */
  readonly sharedMemoryPrefix: string;
  readonly events: EventSink;
  /** Receives the text of every log line, without Triton's prefix. */
  readonly onLine: (text: string) => void;
}

const LAST_LINES = 50;
/** For the guard's clean-up, and for the last output. */
const GUARD_LIMIT_MS = 3_000;
/** More than Triton's own exit timeout. */
const TERM_LIMIT_MS = 15_000;

/** One `tritonserver`, with the Python stubs that it starts, in its own process group. */
export class TritonProcess implements AsyncDisposable {
  /** Resolves with how it ended, for whatever reason; its process group is gone by then. */
  readonly exited: Promise<string>;
  /** Rejects with the reason if the dynamic linker cannot start the program or a stub of its Python backend. */
  readonly unloadable: Promise<never>;
  readonly #child: ReturnType<typeof startGuard>;
  readonly #last: string[] = [];
  #hasExited = false;
  #stopping: Promise<void> | undefined;

  constructor(options: TritonProcessOptions) {
    this.#child = startGuard(options);
    this.unloadable = new Promise((_, reject) => {
      const onLine = (text: string) => {
        const problem = unloadable(text);
        if (problem) reject(problem);
        options.onLine(text);
      };
      for (const stream of [this.#child.stdout, this.#child.stderr])
        this.#read(stream, options.events, onLine);
    });
    this.unloadable.catch(() => undefined);
    const silent = new Promise((resolve) => this.#child.once('close', resolve));
    this.exited = new Promise((resolve) => {
      const end = async (reason: string, wasKilled: boolean) => {
        this.#child.stdin.destroy();
        // If the guard was killed, its watcher kills the others and removes the shared memory.
        if (wasKilled) await within(silent, GUARD_LIMIT_MS);
        this.#killGroup();
        await within(silent, GUARD_LIMIT_MS);
        this.#hasExited = true;
        resolve(reason);
      };
      this.#child.once('exit', (code, signal) => end(describeEnd(code, signal), signal !== null));
      this.#child.once('error', (error) => end(`it could not be started: ${error.message}`, false));
    });
    this.#child.catch(() => undefined);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Its last output lines, oldest first. */
  get lastLines(): readonly string[] {
    return this.#last;
  }

  /** Asks it to exit, kills it after 15 s, and leaves nothing behind. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends it without asking and leaves nothing of it: for a start that was called off, which serves nobody. */
  kill(): Promise<void> {
    this.#stopping ??= this.#insist();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#hasExited) return;
    this.#child.kill('SIGTERM');
    if (!(await within(this.exited, TERM_LIMIT_MS))) await this.#insist();
  }

  async #insist(): Promise<void> {
    if (this.#hasExited) return;
    // Let the guard kill the server and remove its shared memory, which it cannot do once it is killed itself.
    this.#child.stdin.destroy();
    if (await within(this.exited, GUARD_LIMIT_MS)) return;
    this.#killGroup();
    await this.exited;
  }

  /** The guard is the group's leader. */
  #killGroup(): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // The group is empty.
    }
  }

  #read(stream: NodeJS.ReadableStream, events: EventSink, onLine: (text: string) => void): void {
    const parser = new LogParser('engine', ({ level, text }) => {
      if (this.#last.push(text) > LAST_LINES) this.#last.shift();
      onLine(text);
      events.emit({ type: 'log.line', source: 'engine', level, text });
    });
    const splitter = new LineSplitter((line) => {
      if (line !== '') parser.push(line);
    });
    stream.on('data', (chunk: Buffer) => splitter.push(chunk));
    stream.once('end', () => {
      splitter.end();
      parser.end();
    });
    stream.on('error', () => undefined);
  }
}

function startGuard({ program, args, environment, sharedMemoryPrefix }: TritonProcessOptions) {
  return execa('/bin/sh', ['-c', GUARD, 'triton-local', sharedMemoryPrefix, program, ...args], {
    env: environment,
    extendEnv: false,
    stdin: 'pipe',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    // By default, execa would kill the guard 5 s after SIGTERM, and the shared memory would remain.
    forceKillAfterDelay: false,
  });
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `ended by ${signal}`;
  // A shell reports a signal as 128 plus its number.
  if (code !== null && code > 128) return `ended by signal ${code - 128}`;
  return `ended with exit code ${code}`;
}
