import { systemError, within } from '../base/index.ts';
import type { LogLevel, LogSource, WorkerStatus } from '../events/index.ts';
import { HangWatch } from './hang-watch.ts';
import type { ReadyMessage, StartMessage } from './messages.ts';
import { lostOutcome, ScoreJob } from './score-job.ts';
import type { ScoreOutcome, ScorePool, ScorePoolOptions, ScoreRequest, ScriptSwagger } from './score-pool.ts';
import { ScoreQueue } from './score-queue.ts';
import type { Worker } from './worker.ts';
import type { WorkerExit } from './worker-process.ts';
import type { StartFailure } from './worker-start.ts';
import { type StartingPool, type WorkerSource, WorkerStarts } from './worker-starts.ts';

const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 10_000;
/** A worker that ran this long resets the restart back-off. */
const STABLE_MS = 30_000;
/** The longest delay that a timer can hold. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** One generation of workers, their queue and their restarts. */
export class WorkerPool implements ScorePool, StartingPool {
  readonly generation: number;
  readonly #options: ScorePoolOptions;
  readonly #starts: WorkerStarts;
  /** Every running worker, with the time at which it became ready. */
  readonly #workers = new Map<Worker, number | undefined>();
  readonly #idle: Worker[] = [];
  readonly #queue = new ScoreQueue();
  readonly #restarts = new Set<NodeJS.Timeout>();
  readonly #hangs: HangWatch;
  #ready: ReadyMessage | undefined;
  #running = 0;
  #restartMs = FIRST_RESTART_MS;
  #failureTold = false;
  #onDrained: (() => void)[] = [];
  #ended: Promise<void> | undefined;

  constructor(options: ScorePoolOptions, source: WorkerSource) {
    this.generation = options.generation;
    this.#options = options;
    this.#starts = new WorkerStarts(options, source, this);
    this.#hangs = new HangWatch({ [Symbol.iterator]: () => this.#workers.keys() }, options.workerTimeoutMs);
  }

  /** What the first worker reported when it became ready. */
  get ready(): ReadyMessage | undefined {
    return this.#ready;
  }

  get swagger(): ScriptSwagger {
    if (!this.#ready) throw systemError('WORKER_FAILED', 'the script has not been loaded yet');
    return this.#ready.swagger;
  }

  /**
   * Resolves when all workers are ready. After a failure, no process is left.
   * @throws SCRIPT_FAILED with the location in the user's files; WORKER_FAILED or PYTHON_MISSING if a process cannot
   * run; the signal's reason if it is aborted.
   */
  async start(signal: AbortSignal): Promise<void> {
    let onAbort = () => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort);
    });
    try {
      signal.throwIfAborted();
      const starts = Array.from({ length: this.#options.workers }, () => this.#startOne({}));
      await Promise.race([Promise.all(starts), aborted]);
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  get ended(): boolean {
    return this.#ended !== undefined;
  }

  workers(): readonly WorkerStatus[] {
    return [...this.#workers.keys()].map(({ pid, state, busy }) => {
      return { pid, state: state === 'spare' ? 'starting' : state, busy };
    });
  }

  score(request: ScoreRequest, signal: AbortSignal): Promise<ScoreOutcome> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#ended) return Promise.resolve(lostOutcome('its generation of workers has ended'));
    if (!this.#queue.takes(request.body))
      return Promise.resolve(lostOutcome('too many requests are waiting'));
    return new Promise((resolve, reject) => {
      const job = new ScoreJob(request, signal, resolve, reject);
      const worker = this.#idle.pop();
      if (worker) this.#run(worker, job);
      else this.#enqueue(job);
    });
  }

  async drain(limitMs: number): Promise<boolean> {
    if (this.#isDrained) return true;
    return within(new Promise<void>((resolve) => this.#onDrained.push(resolve)), limitMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  onIdle(worker: Worker): void {
    this.#running -= 1;
    if (!this.#ended) this.#giveWork(worker);
    this.#checkDrained();
  }

  onLog(worker: Worker, level: LogLevel, source: LogSource, text: string): void {
    for (const line of text.split('\n')) this.#log(level, source, line, worker.requestId);
  }

  onExit(worker: Worker, { code: exitCode, signal }: WorkerExit): void {
    const readySince = this.#workers.get(worker);
    this.#workers.delete(worker);
    const idle = this.#idle.indexOf(worker);
    if (idle >= 0) this.#idle.splice(idle, 1);
    else if (readySince !== undefined) this.#running -= 1;
    const { pid, ending: expected } = worker;
    const { generation } = this;
    if (pid > 0)
      this.#options.events.emit({ type: 'worker.exited', pid, generation, exitCode, signal, expected });
    if (readySince !== undefined && !this.#ended) {
      if (performance.now() - readySince > STABLE_MS) this.#restartMs = FIRST_RESTART_MS;
      this.#restartLater();
    }
    this.#checkDrained();
  }

  onStarting(worker: Worker): void {
    this.#workers.set(worker, undefined);
    const { pid } = worker;
    if (pid > 0) this.#options.events.emit({ type: 'worker.started', pid, generation: this.generation });
    // Forked while the pool was closing.
    if (this.#ended) worker[Symbol.asyncDispose]().catch(() => undefined);
  }

  /** Logs the same failure of several workers only once. */
  onStartFailed({ lines, tree }: StartFailure): void {
    if (this.#failureTold && this.#ready === undefined) return;
    this.#failureTold = true;
    for (const line of lines) this.#log('error', 'script', line);
    if (tree.length > 0) this.#log('info', 'worker', 'Model Directory Contents:');
    for (const line of tree) this.#log('info', 'worker', line);
  }

  #enqueue(job: ScoreJob): void {
    this.#queue.add(job);
    job.onSettled = () => {
      if (this.#queue.delete(job)) this.#checkDrained();
    };
  }

  #giveWork(worker: Worker): void {
    const job = this.#queue.shift();
    if (!job) {
      this.#idle.push(worker);
      return;
    }
    job.onSettled = undefined;
    this.#run(worker, job);
  }

  #run(worker: Worker, job: ScoreJob): void {
    this.#running += 1;
    job.dispatch();
    if (this.#ready?.alarm === false) this.#limit(worker, job);
    worker.run(job);
  }

  /** Ends a `run()` that takes too long if the worker cannot do so itself (Windows). */
  #limit(worker: Worker, job: ScoreJob): void {
    const limitMs = this.#options.scoringTimeoutMs;
    if (limitMs > MAX_TIMER_MS) return;
    const timer = setTimeout(() => {
      job.timeOut(limitMs);
      worker.kill();
    }, limitMs);
    job.onSettled = () => clearTimeout(timer);
  }

  get #isDrained(): boolean {
    return this.#running === 0 && this.#queue.size === 0;
  }

  #checkDrained(): void {
    if (this.#onDrained.length === 0 || !this.#isDrained) return;
    for (const resolve of this.#onDrained.splice(0)) resolve();
  }

  async #startOne(sources: StartMessage['sources']): Promise<void> {
    const started = await this.#starts.start(sources);
    if (!started || this.#ended) return;
    const { worker, ready } = started;
    this.#ready ??= ready;
    this.#workers.set(worker, performance.now());
    const { generation } = this;
    const { initMs } = ready;
    this.#options.events.emit({ type: 'worker.ready', pid: worker.pid, generation, initMs });
    this.#giveWork(worker);
  }

  #restartLater(): void {
    const delay = this.#restartMs;
    this.#restartMs = Math.min(delay * 2, LAST_RESTART_MS);
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startOne(this.#ready?.sources ?? {}).catch((error: unknown) => this.#restartFailed(error));
    }, delay);
    this.#restarts.add(timer);
  }

  #restartFailed(error: unknown): void {
    if (this.#ended) return;
    this.#restartLater();
    // While other workers run, the queue can wait for them; without any, no request would ever be answered.
    if ([...this.#workers.keys()].some(({ ending }) => !ending)) return;
    const reason = `no worker could be restarted: ${error instanceof Error ? error.message : error}`;
    for (const job of this.#queue) job.lost(reason);
  }

  #log(level: LogLevel, source: LogSource, text: string, requestId?: string): void {
    const event = { type: 'log.line', source, level, text } as const;
    this.#options.events.emit(requestId === undefined ? event : { ...event, requestId });
  }

  async #end(): Promise<void> {
    this.#hangs[Symbol.dispose]();
    for (const timer of this.#restarts) clearTimeout(timer);
    for (const job of this.#queue) job.lost('its generation of workers was ended');
    await Promise.all([...this.#workers.keys()].map((worker) => worker[Symbol.asyncDispose]()));
    await this.#starts[Symbol.asyncDispose]();
  }
}
