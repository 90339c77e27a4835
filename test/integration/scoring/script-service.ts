import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { EventBody } from '../../../src/events/index.ts';
import { type ScorePool, startScorePool } from '../../../src/python/index.ts';
import type { ScoringServerOptions } from '../../../src/scoring/index.ts';
import { peerPython } from '../../helpers/python.ts';
import { ask, type RawAnswer, requestText } from '../../unit/scoring/raw-http.ts';
import { startService, type TestService } from '../../unit/scoring/service.ts';

export interface ScriptServiceOptions {
  /** Files beside the script, by name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly workers?: number;
  readonly scoringTimeoutMs?: number;
  readonly workerTimeoutMs?: number;
  readonly scoring?: Partial<ScoringServerOptions>;
}

/** Our scoring service with real workers and a script in a folder of its own. */
export class ScriptService implements AsyncDisposable {
  readonly directory: string;
  readonly entryScript: string;
  /** All events of the service and its workers. */
  readonly events: readonly EventBody[];
  readonly #pool: ScorePool;
  readonly #service: TestService;

  private constructor(
    directory: string,
    entryScript: string,
    pool: ScorePool,
    service: TestService,
    events: readonly EventBody[],
  ) {
    this.directory = directory;
    this.entryScript = entryScript;
    this.#pool = pool;
    this.#service = service;
    this.events = events;
  }

  static async start(script: string, options: ScriptServiceOptions = {}): Promise<ScriptService> {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'triton-local-scoring-'));
    const entryScript = path.join(directory, 'score.py');
    await writeFile(entryScript, script);
    for (const [name, text] of Object.entries(options.files ?? {})) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), text);
    }
    const events: EventBody[] = [];
    const pool = await startScorePool(
      {
        generation: 1,
        workers: options.workers ?? 1,
        preload: false,
        interpreter: peerPython ?? '',
        entryScript,
        sourceDirectory: directory,
        environment: {
          ...(process.env as Record<string, string>),
          PYTHONDONTWRITEBYTECODE: '1',
          ...options.variables,
        },
        engineAuthority: undefined,
        ...(options.scoring?.dialect && { dialect: options.scoring.dialect }),
        dataDirectory: path.join(directory, 'data'),
        scoringTimeoutMs: options.scoringTimeoutMs ?? 60_000,
        workerTimeoutMs: options.workerTimeoutMs ?? 300_000,
        debug: false,
        initTimeoutMs: 30_000,
        events: { emit: (event) => events.push(event) },
      },
      AbortSignal.timeout(30_000),
    );
    const scoring = { ...options.scoring, events: { emit: (event: EventBody) => events.push(event) } };
    return new ScriptService(directory, entryScript, pool, await startService(pool, scoring), events);
  }

  get port(): number {
    return this.#service.port;
  }

  /** The texts of all log lines so far. */
  logs(): string[] {
    return this.events.flatMap((event) => (event.type === 'log.line' ? [event.text] : []));
  }

  send(method: string, target: string, extra: readonly string[] = [], body = ''): Promise<RawAnswer> {
    return ask(this.port, requestText(method, target, extra, body));
  }

  async makeFifo(name: string): Promise<void> {
    await promisify(execFile)('mkfifo', [path.join(this.directory, name)]);
  }

  async writeTo(name: string, text: string): Promise<void> {
    const file = await open(path.join(this.directory, name), 'w');
    await file.write(text);
    await file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
    await this.#pool[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}
