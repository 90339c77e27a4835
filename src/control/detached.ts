import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { systemError } from '../base/index.ts';
import type { EmulatorEvent } from '../events/index.ts';
import { type ErrorData, fromErrorData, toErrorData } from './messages.ts';

/** What an emulator says of itself when its start is over. */
export interface StartedEmulator {
  readonly pid: number;
  readonly scoringUri: string;
  readonly httpUrl: string;
  /** The key that callers must send, where keys are asked for. */
  readonly key: string | undefined;
  /** False while a model waits to be mended. */
  readonly ready: boolean;
}

/** An emulator that was started, which ends with this process until it is kept. */
export interface DetachedEmulator extends StartedEmulator {
  /** Lets it live on: only once others can find it, so that none is left that nobody knows of. */
  keep(): Promise<void>;
}

/** What the parent says once it has taken note of the child. */
const KEEP = 'keep';

/** A line from the child while it starts; the last one says how the start went. */
type StartMessage =
  | { readonly event: EmulatorEvent }
  | { readonly started: StartedEmulator }
  | { readonly error: ErrorData };

export interface DetachedStart {
  /** The program and its arguments: `triton-local up` with all that it needs. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the process reads on standard input: the place for secrets, since everybody may read a command line. */
  readonly input?: string;
  /** Takes what the process writes to stderr, which is nothing unless it crashes. */
  readonly crashLog: string;
  readonly onEvent: (event: EmulatorEvent) => void;
}

const CRASH_LINES = 15;
/** How long a start that was called off may take to end. */
const STOP_LIMIT_MS = 60_000;

/**
 * Starts an emulator that survives this process and its terminal, and waits until its start is over.
 * @throws what its start threw; START_CRASHED where it ended without a word; the signal's reason, once it has ended.
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
    // A process that ends before it has read all is told of by its end.
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
    // It ends in order once we have let go of it; a signal would be its sudden end on Windows.
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
      // The process ends by itself then, and is waited for: nothing of it is left when we throw.
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

/** Says so and lets go; one that has ended meanwhile is found out when it is asked for. */
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

/** The child's side: tells whoever started us how the start goes. Undefined where nobody waits for that. */
export interface StartReporter {
  /** Resolves when the one who waits is gone before it has kept us: nobody would know of the emulator then. */
  readonly abandoned: Promise<string>;
  event(event: EmulatorEvent): void;
  started(started: StartedEmulator): void;
  failed(thrown: unknown): void;
}

export function startReporter(): StartReporter | undefined {
  if (!process.send) return undefined;
  // The channel must not hold the process, nor a parent that is gone end it.
  process.channel?.unref();
  let isKept = false;
  process.on('message', (message) => {
    isKept ||= message === KEEP;
  });
  const abandoned = new Promise<string>((resolve) => {
    const leave = () => {
      if (!isKept) resolve('whoever started it is gone');
    };
    if (process.connected) process.once('disconnect', leave);
    else leave();
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
