import type { ScorePool, ScorePoolOptions } from './score-pool.ts';
import { Worker } from './worker.ts';
import { WorkerPool } from './worker-pool.ts';
import { spawnWorkerProcess, type WorkerProcessOptions } from './worker-process.ts';
import type { WorkerSource } from './worker-starts.ts';

/**
 * Starts one generation of workers. Resolves once all have imported the script and finished `init()`.
 * @throws SCRIPT_FAILED (location: file and line in the user's sources; cause: PythonTraceback), WORKER_FAILED,
 * PYTHON_MISSING, or the signal's reason. No process is left running then.
 */
export async function startScorePool(options: ScorePoolOptions, signal: AbortSignal): Promise<ScorePool> {
  const takeFresh = () => new Worker(spawnWorkerProcess(processOptions(options)));
  const pool = new WorkerPool(options, { take: takeFresh, takeFresh });
  await pool.start(signal);
  return pool;
}

/**
 * Starts generations one after the other. Between them it keeps spare processes that have imported the libraries of the
 * last generation, which is most of what a reload would wait for. They never import the user's own modules.
 */
export class ScorePoolFactory implements AsyncDisposable {
  #spares: Worker[] = [];
  #process: WorkerProcessOptions | undefined;
  #processKey = '';
  #count = 0;
  #modules: readonly string[] = [];
  #filling: Promise<void> | undefined;
  #ended: Promise<void> | undefined;
  #debugged: WorkerPool | undefined;
  readonly #discarded = new Set<Promise<void>>();

  /** As `startScorePool`, using spares that match. */
  async start(options: ScorePoolOptions, signal: AbortSignal): Promise<ScorePool> {
    if (options.debug) return this.#startDebugged(options, signal);
    this.#prepare(options);
    const source: WorkerSource = {
      take: () => this.#take(options),
      takeFresh: () => new Worker(spawnWorkerProcess(processOptions(options))),
    };
    const pool = new WorkerPool(options, source);
    try {
      await pool.start(signal);
      this.#modules = pool.ready?.modules ?? [];
    } finally {
      // After a failure too, so that the next good save finds them.
      this.#refill();
    }
    return pool;
  }

  /** Ends the previous generation first: a debugger attaches to one process at one port. */
  async #startDebugged(options: ScorePoolOptions, signal: AbortSignal): Promise<ScorePool> {
    await this.#debugged?.[Symbol.asyncDispose]();
    const takeFresh = () => new Worker(spawnWorkerProcess(processOptions(options)));
    this.#debugged = new WorkerPool(options, { take: takeFresh, takeFresh });
    await this.#debugged.start(signal);
    return this.#debugged;
  }

  /** Resolves when the spares for the next start are ready. */
  async warmed(): Promise<void> {
    await this.#filling;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  /** Spares of another Python or environment are useless. */
  #prepare(options: ScorePoolOptions): void {
    const process = processOptions(options);
    const key = JSON.stringify([process.interpreter, Object.entries(process.environment).sort()]);
    this.#count = options.preload ? 1 : options.workers;
    this.#process = process;
    if (key === this.#processKey) return;
    this.#processKey = key;
    this.#modules = [];
    for (const spare of this.#spares.splice(0)) this.#discard(spare);
  }

  #take(options: ScorePoolOptions): Worker {
    const spare = this.#spares.shift();
    if (!spare) return new Worker(spawnWorkerProcess(processOptions(options)));
    // A worker that restarts later takes a spare, which the next start replaces when it is done.
    if (!this.#filling) queueMicrotask(() => this.#refill());
    return spare;
  }

  #refill(): void {
    if (this.#ended || this.#filling) return;
    this.#filling = this.#fill().finally(() => {
      this.#filling = undefined;
    });
  }

  /** Starts them one by one: the generation that serves needs the processor more. */
  async #fill(): Promise<void> {
    while (!this.#ended && this.#process && this.#spares.length < this.#count) {
      const spare = new Worker(spawnWorkerProcess(this.#process));
      const modules = this.#modules;
      this.#spares.push(spare);
      spare.exited.then(
        () => {
          this.#spares = this.#spares.filter((other) => other !== spare);
        },
        () => undefined,
      );
      await spare.preload(modules);
      if (spare.state === 'exited') return;
    }
  }

  #discard(spare: Worker): void {
    const ended = spare[Symbol.asyncDispose]().finally(() => this.#discarded.delete(ended));
    this.#discarded.add(ended);
  }

  async #end(): Promise<void> {
    for (const spare of this.#spares.splice(0)) this.#discard(spare);
    await Promise.all(this.#discarded);
    await this.#filling;
  }
}

function processOptions({ interpreter, environment }: ScorePoolOptions): WorkerProcessOptions {
  return { interpreter, environment: withUtf8(environment) };
}

/**
 * In the cloud, text is UTF-8 by default; on Windows, Python needs a variable for that. A value set by the user takes
 * precedence.
 */
export function withUtf8(
  environment: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Readonly<Record<string, string>> {
  return platform === 'win32' ? { PYTHONUTF8: '1', ...environment } : environment;
}
