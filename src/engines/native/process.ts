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
  /** Gets the text of every line of the log, without preamble. */
  readonly onLine: (text: string) => void;
}

const LAST_LINES = 50;
/** The guard's own clean-up, and what was written last. */
const GUARD_LIMIT_MS = 3_000;
/** Triton's own limit on its orderly end is set to less. */
const TERM_LIMIT_MS = 15_000;

/** One `tritonserver` with the Python stubs that it starts, in a process group of its own. */
export class TritonProcess implements AsyncDisposable {
  /** Resolves with how it ended, whoever wanted that; its group is gone then. */
  readonly exited: Promise<string>;
  /** Rejects when the dynamic linker cannot start the program or a stub of its Python backend, and says why. */
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
        // Where somebody killed the guard, its watcher ends the others and removes the shared memory.
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

  /** The last lines it wrote, oldest first. */
  get lastLines(): readonly string[] {
    return this.#last;
  }

  /** Asks it to end in order, insists after 15 s, and leaves nothing of it. */
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
    // The guard kills the server and removes its shared memory; killed itself at once, it could not.
    this.#child.stdin.destroy();
    if (await within(this.exited, GUARD_LIMIT_MS)) return;
    this.#killGroup();
    await this.exited;
  }

  /** The guard leads the group. */
  #killGroup(): void {
    const { pid } = this.#child;
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // There is nobody left in it.
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
    // Of its own accord execa would kill the guard 5 s after SIGTERM, and nobody would remove the shared memory.
    forceKillAfterDelay: false,
  });
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `ended by ${signal}`;
  // A shell tells of a signal by its number added to 128.
  if (code !== null && code > 128) return `ended by signal ${code - 128}`;
  return `ended with exit code ${code}`;
}
