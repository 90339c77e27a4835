import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { killTree, within } from '../base/index.ts';
import { harnessDirectory } from './harness-directory.ts';

/** The programs of the harness: one runs an entry script, the other an instance of a Python model. */
export type WorkerProgram = 'worker.py' | 'model_worker.py';

/** What a process is started with; workers that agree in it can stand in for each other. */
export interface WorkerProcessOptions {
  readonly interpreter: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface WorkerExit {
  /** Null, as the signal, where no process came to be. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why the interpreter could not be started. */
  readonly startError?: unknown;
}

/** A process with the harness in it, and the pipes to it. */
export interface WorkerProcess {
  readonly interpreter: string;
  /** 0 where none came to be. */
  readonly pid: number;
  /** Frames to it; it ends when this does. */
  readonly input: Writable;
  /** Frames from it. */
  readonly output: Readable;
  /** Its real stderr. */
  readonly errors: Readable;
  /** Resolves once, when it has ended and its last output was read. */
  readonly exited: Promise<WorkerExit>;
  /** Also after its end. SIGKILL goes to all that it has started as well. */
  kill(signal: NodeJS.Signals): void;
}

/** How long output of a process that has ended is still read; its children may keep the pipe open. */
export const LAST_OUTPUT_MS = 250;

/** Starts a process of its own. A failure to do so is its exit. */
export function spawnWorkerProcess(
  { interpreter, environment }: WorkerProcessOptions,
  program: WorkerProgram = 'worker.py',
): WorkerProcess {
  const harness = harnessDirectory();
  const isWindows = process.platform === 'win32';
  const subprocess = execa(interpreter, [path.join(harness, program)], {
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
    detached: !isWindows,
  });
  const pid = subprocess.pid ?? 0;
  const { stdin: input, stdout: output, stderr: errors } = subprocess;
  const exited = new Promise<WorkerExit>((resolve) => {
    subprocess.then(
      ({ exitCode, signal, cause, shortMessage }) => {
        if (exitCode === undefined && signal === undefined)
          resolve({ code: null, signal: null, startError: cause ?? shortMessage });
      },
      () => undefined,
    );
    subprocess.once('exit', (code, signal) => {
      const closed = new Promise((close) => subprocess.once('close', close));
      within(closed, LAST_OUTPUT_MS).then(
        () => resolve({ code, signal }),
        () => undefined,
      );
    });
  });
  const kill = (signal: NodeJS.Signals) => {
    // Windows knows no signals but a sudden end, after which nobody can tell what the script had started.
    if (isWindows ? !hasExited(subprocess) : signal === 'SIGKILL') killTree(pid);
    else if (!isWindows) subprocess.kill(signal);
  };
  return { interpreter, pid, input, output, errors, exited, kill };
}

function hasExited({
  exitCode,
  signalCode,
}: {
  exitCode: number | null;
  signalCode: string | null;
}): boolean {
  return exitCode !== null || signalCode !== null;
}
