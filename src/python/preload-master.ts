import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { hasErrno, killTree, Mutex, messageOf, systemError, within } from '../base/index.ts';
import type { ForkReport, ReadyMessage } from './messages.ts';
import { Worker } from './worker.ts';
import { describeExit } from './worker-end.ts';
import { LAST_OUTPUT_MS, type WorkerExit, type WorkerProcess } from './worker-process.ts';

/** How long a fork may take to connect; fork hooks of libraries run before that. */
const FORK_MS = 10_000;

/**
 * A process that has loaded the script and run `init()`, and forks the workers: gunicorn's master under `preload`. Its
 * forks end with it.
 */
export class PreloadMaster implements AsyncDisposable {
  readonly ready: ReadyMessage;
  readonly #worker: Worker;
  readonly #interpreter: string;
  readonly #forking = new Mutex();
  /** For each running fork, the callback that reports its end. */
  readonly #forks = new Map<number, (exit: WorkerExit) => void>();
  #onForked: ((fork: Fork) => void) | undefined;

  constructor(worker: Worker, ready: ReadyMessage, interpreter: string) {
    this.#worker = worker;
    this.ready = ready;
    this.#interpreter = interpreter;
    worker.onForkReport = (report) => this.#onReport(report);
    worker.exited.then(
      () => this.#endForks(),
      () => undefined,
    );
  }

  /**
   * Forks a worker and returns it when it is ready.
   * @throws WORKER_FAILED if the system lacks the resources, or the master has ended.
   */
  fork(): Promise<Worker> {
    return this.#forking.run(async () => {
      const directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-'));
      const server = net.createServer({ allowHalfOpen: true });
      try {
        const socket = path.join(directory, 'fork');
        await new Promise<void>((resolve, reject) => {
          server.once('error', (error) => reject(failed(messageOf(error)))).listen(socket, resolve);
        });
        return await this.#forkOnto(server, socket);
      } finally {
        server.close();
        await rm(directory, { recursive: true, force: true });
      }
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#worker[Symbol.asyncDispose]();
  }

  async #forkOnto(server: net.Server, socket: string): Promise<Worker> {
    const sockets: net.Socket[] = [];
    const connected = new Promise<void>((resolve) => {
      server.on('connection', (connection) => {
        if (sockets.push(connection) === 2) resolve();
      });
    });
    const forked = new Promise<Fork>((resolve) => {
      this.#onForked = resolve;
    });
    const masterEnded = this.#worker.exited.then((exit) => {
      throw failed(`the process that forks it ${describeExit(exit)}`);
    });
    this.#worker.fork({ type: 'fork', socket });
    const { pid, error, ended } = await Promise.race([forked, masterEnded]);
    if (error !== null) throw failed(error);
    await within(Promise.race([connected, ended, masterEnded]), FORK_MS);
    // In the order of their creation.
    const [channel, errors] = sockets;
    if (!channel || !errors) {
      channel?.destroy();
      signalTo(pid, 'SIGKILL');
      throw failed(`process ${pid} did not start`);
    }
    const worker = new Worker(forkedProcess({ interpreter: this.#interpreter, pid, channel, errors, ended }));
    worker.adopt(this.ready);
    return worker;
  }

  #onReport(report: ForkReport): void {
    const { pid } = report;
    if (report.type === 'ended') {
      this.#forks.get(pid)?.({ code: report.code, signal: report.signal });
      this.#forks.delete(pid);
      return;
    }
    const ended = new Promise<WorkerExit>((resolve) => {
      if (report.error === null) this.#forks.set(pid, resolve);
    });
    this.#onForked?.({ pid, error: report.error, ended });
  }

  #endForks(): void {
    for (const [pid, end] of this.#forks) {
      killTree(pid);
      end({ code: null, signal: 'SIGKILL' });
    }
    this.#forks.clear();
  }
}

interface Fork {
  readonly pid: number;
  readonly error: string | null;
  readonly ended: Promise<WorkerExit>;
}

interface ConnectedFork {
  readonly interpreter: string;
  readonly pid: number;
  readonly channel: net.Socket;
  readonly errors: net.Socket;
  readonly ended: Promise<WorkerExit>;
}

function forkedProcess({ interpreter, pid, channel, errors, ended }: ConnectedFork): WorkerProcess {
  const closed = Promise.all(
    [channel, errors].map((socket) => new Promise((resolve) => socket.once('end', resolve))),
  );
  const exited = ended.then(async (exit) => {
    await within(closed, LAST_OUTPUT_MS);
    errors.destroy();
    return exit;
  });
  const kill = (signal: NodeJS.Signals) => {
    if (signal === 'SIGKILL') killTree(pid);
    else signalTo(pid, signal);
  };
  return { interpreter, pid, input: channel, output: channel, errors, exited, kill };
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error;
  }
}

function failed(reason: string): Error {
  return systemError('WORKER_FAILED', `no worker could be forked: ${reason}`);
}
