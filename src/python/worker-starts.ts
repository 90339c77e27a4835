import type { LogLevel, LogSource } from '../events/index.ts';
import type { ReadyMessage, StartMessage } from './messages.ts';
import { PreloadMaster } from './preload-master.ts';
import type { ScorePoolOptions } from './score-pool.ts';
import type { Worker, WorkerOwner } from './worker.ts';
import { type StartFailure, startWorker } from './worker-start.ts';

/** Supplies a pool with processes. */
export interface WorkerSource {
  /** A process that may already have imported libraries. */
  take(): Worker;
  /** A process that has imported nothing. */
  takeFresh(): Worker;
}

/** The pool that owns the workers. */
export interface StartingPool extends WorkerOwner {
  readonly ended: boolean;
  /** A process has started; the pool has to end it. */
  onStarting(worker: Worker): void;
  onStartFailed(failure: StartFailure): void;
}

export interface StartedWorker {
  readonly worker: Worker;
  readonly ready: ReadyMessage;
}

/**
 * Starts the workers of one generation: each loads the script or, with `preload`, is forked from a process that has.
 */
export class WorkerStarts implements AsyncDisposable {
  readonly #options: ScorePoolOptions;
  readonly #source: WorkerSource;
  readonly #pool: StartingPool;
  #master: Promise<PreloadMaster | undefined> | undefined;
  /** The preload master, or the process that is becoming it. */
  #masterWorker: Worker | undefined;

  constructor(options: ScorePoolOptions, source: WorkerSource, pool: StartingPool) {
    this.#options = options;
    this.#source = source;
    this.#pool = pool;
  }

  /**
   * Starts one worker. Returns undefined if the pool was closed in the meantime.
   * @throws the failure as an error, after it was reported to the pool.
   */
  start(sources: StartMessage['sources']): Promise<StartedWorker | undefined> {
    return this.#options.preload ? this.#fork(sources) : this.#load(sources, this.#pool);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#masterWorker?.[Symbol.asyncDispose]();
  }

  async #fork(sources: StartMessage['sources']): Promise<StartedWorker | undefined> {
    this.#master ??= this.#startMaster(sources);
    const master = await this.#master;
    if (!master || this.#pool.ended) return undefined;
    const worker = await master.fork();
    worker.owner = this.#pool;
    this.#pool.onStarting(worker);
    return { worker, ready: master.ready };
  }

  async #startMaster(sources: StartMessage['sources']): Promise<PreloadMaster | undefined> {
    const pool = this.#pool;
    const forget = () => {
      this.#master = undefined;
    };
    const owner: StartingPool = {
      get ended() {
        return pool.ended;
      },
      onStarting: (worker) => {
        this.#masterWorker = worker;
      },
      onStartFailed: (failure) => pool.onStartFailed(failure),
      onLog: (worker: Worker, level: LogLevel, source: LogSource, text: string) =>
        pool.onLog(worker, level, source, text),
      onIdle: () => undefined,
      onExit: (worker) => {
        if (worker === this.#masterWorker) forget();
      },
    };
    try {
      const loaded = await this.#load(sources, owner);
      return loaded && new PreloadMaster(loaded.worker, loaded.ready, this.#options.interpreter);
    } catch (error) {
      forget();
      throw error;
    }
  }

  async #load(sources: StartMessage['sources'], owner: StartingPool): Promise<StartedWorker | undefined> {
    let worker = this.#source.take();
    let outcome = await this.#loadIn(worker, sources, owner);
    if (outcome.kind === 'unsuitable' && !owner.ended) {
      worker = this.#source.takeFresh();
      outcome = await this.#loadIn(worker, sources, owner);
    }
    if (outcome.kind === 'failed' && !owner.ended) owner.onStartFailed(outcome.failure);
    if (outcome.kind === 'failed') throw outcome.failure.error;
    if (outcome.kind === 'unsuitable' || owner.ended) return undefined;
    return { worker, ready: outcome.ready };
  }

  #loadIn(worker: Worker, sources: StartMessage['sources'], owner: StartingPool) {
    worker.owner = owner;
    owner.onStarting(worker);
    return startWorker(worker, this.#options, sources);
  }
}
