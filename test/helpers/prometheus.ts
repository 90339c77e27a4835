import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/engines/free-ports.ts';
import { TempFolder } from './temp-project.ts';

/** A Prometheus on PATH; `.ci/run` installs it. */
export const hasPrometheus = spawnSync('prometheus', ['--version']).status === 0;

export function skipWithoutPrometheus(): void {
  process.stderr.write('\nSKIPPED: needs a real Prometheus: apt-get install prometheus\n');
}

/** A value at a time, in seconds. */
type Point = readonly [time: number, value: string];

interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: Point;
}

/** A real Prometheus that scrapes one address every 200 ms. */
export class Prometheus implements AsyncDisposable {
  readonly #folder: TempFolder;
  readonly #process: ChildProcess;
  readonly #port: number;
  #log = '';

  private constructor(folder: TempFolder, process: ChildProcess, port: number) {
    this.#folder = folder;
    this.#process = process;
    this.#port = port;
    process.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString();
    });
  }

  static async start(target: string): Promise<Prometheus> {
    const folder = await TempFolder.create('tl-prometheus-');
    const [port = 0] = await freePorts(1);
    const config = [
      'global: { scrape_interval: 200ms, scrape_timeout: 200ms }',
      `scrape_configs: [{ job_name: triton, static_configs: [{ targets: ['${target}'] }] }]`,
    ];
    await writeFile(folder.path('prometheus.yml'), `${config.join('\n')}\n`);
    const process = spawn(
      'prometheus',
      [
        `--config.file=${folder.path('prometheus.yml')}`,
        `--storage.tsdb.path=${folder.path('data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const started = new Prometheus(folder, process, port);
    while (!(await started.#isReady())) {
      if (process.exitCode !== null) throw new Error(`Prometheus has ended\n${started.#log}`);
      await sleep(50);
    }
    return started;
  }

  /** The result of a PromQL query at a time, in milliseconds; an empty list before there is any. */
  async query(query: string, at = Date.now()): Promise<readonly QueryResult[]> {
    const parameters = new URLSearchParams({ query, time: String(at / 1_000) });
    const response = await fetch(`http://127.0.0.1:${this.#port}/api/v1/query?${parameters}`);
    const answer = (await response.json()) as { data?: { result: readonly QueryResult[] }; error?: string };
    if (!answer.data) throw new Error(answer.error);
    return answer.data.result;
  }

  /** The one value of a query; undefined before there is any. */
  async valueOf(query: string, at?: number): Promise<number | undefined> {
    const value = (await this.query(query, at))[0]?.value[1];
    return value === undefined ? undefined : Number(value);
  }

  async #isReady(): Promise<boolean> {
    const response = await fetch(`http://127.0.0.1:${this.#port}/-/ready`).catch(() => undefined);
    await response?.body?.cancel();
    return response?.ok ?? false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await ended;
    }
    await this.#folder[Symbol.asyncDispose]();
  }
}
