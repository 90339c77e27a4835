import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemError } from '../base/index.ts';
import type { EmulatorEvent } from '../events/index.ts';
import { type ErrorData, fromErrorData, toErrorData } from './messages.ts';

/** What an emulator reports once it has started. */
export interface StartedEmulator {
  readonly pid: number;
  readonly scoringUri: string;
  readonly httpUrl: string;
  /** `HOST:PORT` of gRPC; absent if its port is not open. */
  readonly grpcAddress?: string | undefined;
  /** The metrics; absent if their port is not open. */
  readonly metricsUrl?: string | undefined;
  /** The key that callers must send, if keys are required. */
  readonly key: string | undefined;
  /** False while a model or the script waits to be fixed. */
  readonly ready: boolean;
}

/** An emulator that ends with this process until it is kept. */
export interface DetachedEmulator extends StartedEmulator {
  /** Lets it outlive this process. Call it only once others can find the emulator. */
  keep(): Promise<void>;
}

/** Sent by the parent once it has recorded the child. */
const KEEP = 'keep';

/** A message from the child while it starts; the last one says how the start went. */
type StartMessage =
  | { readonly event: EmulatorEvent }
  | { readonly started: StartedEmulator }
  | { readonly error: ErrorData };

export interface DetachedStart {
  /** The program and its arguments: `triton-local up` with everything it needs. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the process reads on standard input. Secrets go here, since other users can read a command line. */
  readonly input?: string;
  /** The file for stderr, which stays empty unless the process crashes. */
  readonly crashLog: string;
  readonly onEvent: (event: EmulatorEvent) => void;
}

const CRASH_LINES = 15;
/** How long a cancelled start may take to end. */
const STOP_LIMIT_MS = 60_000;

/**
 * Starts an emulator that survives this process and its terminal, and waits until it has started or failed.
 * @throws what its start threw; START_CRASHED if it ended without a message; the signal's reason, once it has ended.
 */
export async function startDetached(start: DetachedStart, signal: AbortSignal): Promise<DetachedEmulator> {
  signal.throwIfAborted();
  await mkdir(path.dirname(start.crashLog), { recursive: true, mode: 0o700 });
  const crashLog = await open(start.crashLog, 'w', 0o600);
  const [program = '', ...args] = start.command;
  try {
    const child = spawn(program, args, {
      cwd: start.cwd,
      env: start.environment,
      detached: true,
      stdio: [start.input === undefined ? 'ignore' : 'pipe', 'ignore', crashLog.fd, 'ipc'],
      windowsHide: true,
    });
    // If the process ends before it has read everything, its exit is the error to report.
    child.stdin?.on('error', () => undefined).end(start.input);
    return await followStart(child, start, signal);
  } finally {
    await crashLog.close();
  }
}

function followStart(
  child: ChildProcess,
  { onEvent, crashLog }: DetachedStart,
  signal: AbortSignal,
): Promise<DetachedEmulator> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    // It shuts down cleanly once the channel closes; on Windows a signal would kill it.
    const stop = () => {
      if (child.connected) child.disconnect();
      timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      child.channel?.unref();
      child.unref();
    };
    let failure: ErrorData | undefined;
    child.on('message', (message: StartMessage) => {
      if ('event' in message) onEvent(message.event);
      // The process then ends by itself. We wait for it, so that it is gone when we throw.
      else if ('error' in message) failure = message.error;
      else if (!signal.aborted) {
        settle();
        resolve({ ...message.started, keep: () => keep(child) });
      }
    });
    child.once('error', (cause) => {
      settle();
      reject(systemError('START_CRASHED', `the emulator cannot be started: ${cause.message}`, { cause }));
    });
    child.once('exit', (code, killedBy) => {
      settle();
      if (signal.aborted) reject(signal.reason);
      else if (failure) reject(fromErrorData(failure));
      else void lastLines(crashLog).then((said) => reject(crashed(said, killedBy ?? `status ${code}`)));
    });
  });
}

/** Sends KEEP and closes the channel. If the child has ended in the meantime, the next request to it fails. */
function keep(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!child.connected) return resolve();
    child.send(KEEP, () => {
      if (child.connected) child.disconnect();
      resolve();
    });
  });
}

function crashed(said: string, how: string): Error {
  return systemError('START_CRASHED', `the emulator ended while it started (${how})\n${said}`.trim());
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-CRASH_LINES).join('\n');
}

/** The child's side: reports the progress of the start to the parent. */
export interface StartReporter {
  /** Resolves if the parent is gone before it has kept us: no one would know about the emulator. */
  readonly abandoned: Promise<string>;
  event(event: EmulatorEvent): void;
  started(started: StartedEmulator): void;
  failed(thrown: unknown): void;
}

/** @returns undefined if this process was not started by `startDetached`. */
export function startReporter(): StartReporter | undefined {
  if (!process.send) return undefined;
  // The channel must not keep the process alive, and losing the parent must not end it.
  process.channel?.unref();
  let isKept = false;
  process.on('message', (message) => {
    isKept ||= message === KEEP;
  });
  const abandoned = new Promise<string>((resolve) => {
    const abandon = () => {
      if (!isKept) resolve('the process that started it is gone');
    };
    if (process.connected) process.once('disconnect', abandon);
    else abandon();
  });
  const send = (message: StartMessage) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  };
  return {
    abandoned,
    event: (event) => send({ event }),
    started: (started) => send({ started }),
    failed: (thrown) => send({ error: toErrorData(thrown) }),
  };
}
