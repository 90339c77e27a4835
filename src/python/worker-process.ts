import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { killTree, within } from '../base/index.ts';
import { harnessDirectory } from './harness-directory.ts';

/** The programs of the harness: one runs an entry script, the other an instance of a Python model. */
export type WorkerProgram = 'worker.py' | 'model_worker.py';

/** What a process is started with; processes with equal options are interchangeable. */
export interface WorkerProcessOptions {
  readonly interpreter: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface WorkerExit {
  /** Null, like the signal, if the process could not be started. */
  readonly code: number | null;
  readonly signal: string | null;
  /** Why the interpreter could not be started. */
  readonly startError?: unknown;
}

/** A process that runs the harness, and the pipes to it. */
export interface WorkerProcess {
  readonly interpreter: string;
  /** 0 if the process could not be started. */
  readonly pid: number;
  /** Frames to the process, which ends when this stream does. */
  readonly input: Writable;
  /** Frames from the process. */
  readonly output: Readable;
  /** Its real stderr. */
  readonly errors: Readable;
  /** Resolves when the process has ended and its last output was read. */
  readonly exited: Promise<WorkerExit>;
  /** May be called after the end too. SIGKILL also reaches the processes that it has started. */
  kill(signal: NodeJS.Signals): void;
}

/** How long the output of an ended process is still read, since its children may keep the pipe open. */
export const LAST_OUTPUT_MS = 250;

/** Starts a process. If it cannot be spawned, `exited` resolves with `startError`. */
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
    // In its own group: we handle a terminal's Ctrl+C, and what a script leaves running ends with the process.
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
    // On Windows a signal is an immediate end, after which the script's child processes can no longer be found.
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
