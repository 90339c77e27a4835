import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { LineSplitter } from '../../src/base/index.ts';
import type { EmulatorEvent, EventOf, EventType } from '../../src/events/index.ts';
import { findLeftovers } from './leftovers.ts';
import { peerPython } from './python.ts';
import { repositoryRoot, TempFolder } from './temp-project.ts';

export interface EmulatorProcessOptions {
  readonly projectDir: string;
  /** More flags of `up`; the engine is `embedded` and every port free unless they say otherwise. */
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The program and its first arguments; the checkout's own build by default. */
  readonly command?: readonly string[];
  readonly cwd?: string;
  /** A state folder that outlives this run; one of its own by default. */
  readonly home?: string;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export const checkoutCli = [process.execPath, path.join(repositoryRoot, 'dist/cli.js')];

/**
 * `triton-local up --ui json` as a child, with a state folder and a temporary folder of its own. Disposing ends it in
 * any state; `stop()` also reports what it left behind.
 */
export class EmulatorProcess implements AsyncDisposable {
  readonly events: EmulatorEvent[] = [];
  /** Lines on stdout that are not events; there must not be any. */
  readonly strayLines: string[] = [];
  readonly home: string;
  readonly temporary: string;
  readonly exited: Promise<ProcessEnd>;
  stderr = '';
  readonly #child: ChildProcess;
  readonly #folder: TempFolder;
  readonly #watchers = new Set<() => void>();
  #ended: ProcessEnd | undefined;

  private constructor(child: ChildProcess, folder: TempFolder, home: string, temporary: string) {
    this.#child = child;
    this.#folder = folder;
    this.home = home;
    this.temporary = temporary;
    const lines = new LineSplitter((line) => this.#take(line));
    child.stdout?.on('data', (chunk: Buffer) => lines.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-100_000);
    });
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#ended = { code, signal };
        lines.end();
        this.#notify();
        resolve(this.#ended);
      });
    });
    this.exited.catch(() => undefined);
  }

  /** Starts it and gives it back at once; see `ready`. */
  static async start(options: EmulatorProcessOptions): Promise<EmulatorProcess> {
    const folder = await TempFolder.create('triton-local-run-');
    const home = options.home ?? folder.path('home');
    const temporary = folder.path('tmp');
    await Promise.all([mkdir(home, { recursive: true }), mkdir(temporary)]);
    const [program = '', ...first] = options.command ?? checkoutCli;
    const args = [...first, 'up', options.projectDir, '--ui', 'json', ...withDefaults(options.args ?? [])];
    const child = spawn(program, args, {
      cwd: options.cwd ?? options.projectDir,
      env: { ...childEnvironment(home, temporary), ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new EmulatorProcess(child, folder, home, temporary);
  }

  /** Starts it and waits for `emulator.ready`. */
  static async startReady(options: EmulatorProcessOptions): Promise<EmulatorProcess> {
    const emulator = await EmulatorProcess.start(options);
    try {
      await emulator.ready();
      return emulator;
    } catch (error) {
      await emulator[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  ready(limitMs = 45_000): Promise<EventOf<'emulator.ready'>> {
    return this.waitFor('emulator.ready', () => true, { limitMs });
  }

  /** The URLs that it said it is ready on. */
  get urls(): { readonly score: string; readonly scoring: string; readonly http: string } {
    const ready = this.events.find((event) => event.type === 'emulator.ready');
    if (!ready) throw new Error('not ready yet');
    const scoring = new URL(ready.scoringUri).origin;
    return { score: `${scoring}/score`, scoring, http: ready.httpUrl };
  }

  get ports(): number[] {
    const ready = this.events.find((event) => event.type === 'emulator.ready');
    if (!ready) return [];
    const { scoringUri, httpUrl, grpcAddress, metricsUrl } = ready;
    const urls = [scoringUri, httpUrl, metricsUrl, grpcAddress && `grpc://${grpcAddress}`];
    return urls.flatMap((url) => (url === undefined ? [] : [Number(new URL(url).port)]));
  }

  get workerPids(): number[] {
    return this.events.flatMap((event) => (event.type === 'worker.started' ? [event.pid] : []));
  }

  /** The first event of this type that fits, counted from event `after` (a `seq`) on. */
  waitFor<Type extends EventType>(
    type: Type,
    fits: (event: EventOf<Type>) => boolean = () => true,
    { after = 0, limitMs = 20_000 } = {},
  ): Promise<EventOf<Type>> {
    return new Promise((resolve, reject) => {
      let next = 0;
      const settle = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const look = () => {
        for (; next < this.events.length; next += 1) {
          const event = this.events[next];
          if (event?.type !== type || event.seq <= after || !fits(event as EventOf<Type>)) continue;
          settle();
          return resolve(event as EventOf<Type>);
        }
        if (!this.#ended) return;
        settle();
        reject(new Error(`it ended without ${type}: ${this.#story()}`));
      };
      const timer = setTimeout(() => {
        settle();
        reject(new Error(`no ${type} within ${limitMs} ms: ${this.#story()}`));
      }, limitMs);
      this.#watchers.add(look);
      look();
    });
  }

  /** The `seq` of the newest event, to wait for what comes after it. */
  get lastSeq(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it by a signal and resolves with how it ended and what is left of it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd & { readonly leftovers: string[] }> {
    this.kill(signal);
    const end = await this.exited;
    return { ...end, leftovers: await this.leftovers() };
  }

  /** What is left of it: processes, ports, files; for use after its end. */
  leftovers(limitMs?: number): Promise<string[]> {
    const traces = {
      home: this.home,
      temporary: this.temporary,
      ports: this.ports,
      pids: [this.pid, ...this.workerPids],
    };
    return findLeftovers(traces, limitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      this.kill('SIGTERM');
      const insist = setTimeout(() => this.kill('SIGKILL'), 10_000);
      await this.exited.catch(() => undefined);
      clearTimeout(insist);
    }
    await this.#folder[Symbol.asyncDispose]();
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    try {
      this.events.push(JSON.parse(line));
    } catch {
      this.strayLines.push(line);
    }
    this.#notify();
  }

  #notify(): void {
    for (const look of [...this.#watchers]) look();
  }

  #story(): string {
    const end = this.#ended ? `ended with ${this.#ended.code ?? this.#ended.signal}; ` : '';
    const lines = this.events.slice(-15).map((event) => JSON.stringify(event));
    return `${end}last events:\n${lines.join('\n')}\nstderr:\n${this.stderr.slice(-4_000)}`;
  }
}

/** The environment of a run: ours, without settings of the product, with its own folders. */
export function childEnvironment(home: string, temporary: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^(ORT_|TRITON_LOCAL_|AZUREML_|AML_|WORKER_|SCORING_|VITEST|npm_|NODE_ENV|NODE_OPTIONS|FORCE_COLOR|CI$)/.test(
        name,
      ),
  );
  return {
    ...Object.fromEntries(own),
    TRITON_LOCAL_HOME: home,
    TMPDIR: temporary,
    TMP: temporary,
    TEMP: temporary,
    ...(peerPython && { TRITON_LOCAL_PYTHON: peerPython }),
  };
}

function withDefaults(args: readonly string[]): string[] {
  const defaults = [
    ['--engine', 'embedded'],
    ['--port', '0'],
    ['--http-port', '0'],
    ['--grpc-port', '0'],
    ['--metrics-port', '0'],
  ];
  return [...defaults.filter(([flag]) => !args.includes(flag ?? '')).flat(), ...args];
}
