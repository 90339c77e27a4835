import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type EmulatorEvent, EventBus } from '../../../src/events/index.ts';
import type { ScoreOutcome, ScorePool, ScorePoolOptions, ScoreRequest } from '../../../src/python/index.ts';
import { gunicornPage } from '../../../src/scoring/error-answers.ts';

/** The Python that has the real clients and the real scoring server. */
export const TEST_PYTHON = process.env.TRITON_LOCAL_TEST_PYTHON ?? 'python3';

export const ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

/** A source directory of its own with an entry script `score.py`, and every event that its workers cause. */
export class Project implements AsyncDisposable {
  readonly directory: string;
  readonly entryScript: string;
  /** Not in the project: nothing may be written there. */
  readonly dataDirectory: string;
  readonly bus = new EventBus();
  readonly events: EmulatorEvent[] = [];
  readonly #pools: AsyncDisposable[] = [];

  private constructor(directory: string) {
    this.directory = directory;
    this.entryScript = path.join(directory, 'score.py');
    this.dataDirectory = `${directory}-data`;
    this.bus.subscribe((event) => this.events.push(event));
  }

  static async create(script?: string): Promise<Project> {
    const project = new Project(await realpath(await mkdtemp(path.join(os.tmpdir(), 'triton-local-'))));
    if (script !== undefined) await project.write('score.py', script);
    return project;
  }

  async write(name: string, text: string): Promise<string> {
    const file = path.join(this.directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  options(change: Partial<ScorePoolOptions> = {}): ScorePoolOptions {
    return {
      generation: 1,
      workers: 1,
      preload: false,
      interpreter: TEST_PYTHON,
      packages: { kind: 'given', interpreter: TEST_PYTHON },
      entryScript: this.entryScript,
      sourceDirectory: this.directory,
      environment: ENVIRONMENT,
      engineAuthority: undefined,
      dataDirectory: this.dataDirectory,
      scoringTimeoutMs: 3_600_000,
      workerTimeoutMs: 300_000,
      debug: false,
      initTimeoutMs: 30_000,
      events: this.bus,
      ...change,
    };
  }

  /** Something that ends with the project. */
  use<T extends AsyncDisposable>(pool: T): T {
    this.#pools.push(pool);
    return pool;
  }

  /** The lines that came so far, as `level text`. */
  lines(source: 'script' | 'worker'): string[] {
    return this.events.flatMap((event) =>
      event.type === 'log.line' && event.source === source ? [`${event.level} ${event.text}`] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of this.#pools) await pool[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
    await rm(this.dataDirectory, { recursive: true, force: true });
  }
}

export function post(body: string | Uint8Array, change: Partial<ScoreRequest> = {}): ScoreRequest {
  return {
    id: 'request-1',
    method: 'POST',
    target: '/score',
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from(body),
    ...change,
  };
}

/** A reply with its whole body, streamed or not. */
export type Reply = Extract<ScoreOutcome, { kind: 'reply' }> & { readonly body: Uint8Array };

export async function ask(pool: ScorePool, request: ScoreRequest): Promise<Reply> {
  const outcome = await pool.score(request, new AbortController().signal);
  if (outcome.kind === 'aborted') return { ...GUNICORN_ANSWERS, queueMs: outcome.queueMs, runMs: 0 };
  if (outcome.kind === 'lost') throw new Error(`lost: ${outcome.reason}`);
  const { body } = outcome;
  return { ...outcome, body: body instanceof Uint8Array ? body : Buffer.concat(await body.toArray()) };
}

/** What the scoring service makes of a request that ended its handler. */
const GUNICORN_ANSWERS = {
  kind: 'reply',
  status: 500,
  headers: [['Content-Type', 'text/html']],
  body: Buffer.from(gunicornPage('Internal Server Error', '')),
  runFunctionFailed: undefined,
  runReturned: false,
} as const;

/** The body of an answer as text. */
export const textOf = (reply: Reply): string => Buffer.from(reply.body).toString('utf8');

/** Whether a process runs. A zombie counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
}
