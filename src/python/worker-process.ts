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
  platform: NodeJS.Platform = process.platform,
): WorkerProcess {
  const harness = harnessDirectory();
  const subprocess = execa(interpreter, [path.join(harness, program)], {
    cwd: program === 'model_worker.py' ? modelDirectory(harness) : harness,
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
    detached: platform !== 'win32',
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
  const target = { pid, hasExited: () => hasExited(subprocess), send: subprocess.kill.bind(subprocess) };
  const kill = (signal: NodeJS.Signals) => signalWorker(signal, target, platform);
  return { interpreter, pid, input, output, errors, exited, kill };
}

/**
 * The working directory of models: ours, as `tritonserver` gives them its own. Entry scripts choose theirs later.
 * @param otherwise used where ours was removed
 */
function modelDirectory(otherwise: string): string {
  try {
    return process.cwd();
  } catch {
    return otherwise;
  }
}

/** A process as far as signals reach it. */
export interface SignalTarget {
  readonly pid: number;
  hasExited(): boolean;
  send(signal: NodeJS.Signals): void;
}

/**
 * SIGKILL goes to all that a process has started, other signals to itself. On Windows every signal is a sudden end, and
 * after it nobody can tell what the script had started: all of it ends with each of them.
 */
export function signalWorker(
  signal: NodeJS.Signals,
  target: SignalTarget,
  platform: NodeJS.Platform = process.platform,
  end: (pid: number) => void = killTree,
): void {
  if (platform === 'win32') {
    // The number of a process that has ended may be another's.
    if (!target.hasExited()) end(target.pid);
  } else if (signal === 'SIGKILL') end(target.pid);
  else target.send(signal);
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
