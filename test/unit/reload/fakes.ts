import type { Clock } from '../../../src/base/index.ts';
import { type EmulatorEvent, EventBus, type Failure, type ReloadAction } from '../../../src/events/index.ts';
import type { FileStamp, FileTable } from '../../../src/reload/file-table.ts';
import type { Disk } from '../../../src/reload/observation.ts';
import type { ProjectSnapshot } from '../../../src/reload/plan.ts';
import { ReloadReporter } from '../../../src/reload/reload-reporter.ts';
import { ProjectReloader } from '../../../src/reload/reloader.ts';
import type { ReloadConfig } from '../../../src/reload/scan.ts';
import type { ReloadProgress, ReloadTarget } from '../../../src/reload/target.ts';
import type { Watching } from '../../../src/reload/watching.ts';
import type { ModelSnapshot } from '../../../src/repository/index.ts';

export const SCRIPT = '/p/score.py';
export const HELPER = '/p/helper.py';
export const ONNX = '/p/models/digits/1/model.onnx';
export const PBTXT = '/p/models/digits/config.pbtxt';

export const config: ReloadConfig = {
  projectDir: '/p',
  projectFile: '/p/triton-local.yaml',
  models: { kind: 'repository', directory: '/p/models' },
  script: { entryScript: SCRIPT, sourceDirectory: '/p' },
  python: { interpreter: undefined, requirementsFile: undefined, condaFile: undefined, debug: false },
  reload: { watch: true },
  home: '/home/.triton-local',
};

/** Time that advances only on request, letting promises settle between its timers. */
export class FakeClock implements Clock {
  #now = 0;
  #timers = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await turns();
    for (;;) {
      const next = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      await turns();
    }
    this.#now = end;
  }
}

/** Lets everything that waits only for promises run. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

/** Files that exist only here; the content is its own hash. */
export class FakeDisk implements Disk {
  readonly #files = new Map<string, { content: string; stamp: FileStamp }>();
  #writes = 0;
  scans = 0;
  readonly #clock: Clock;
  failReading: Error | undefined;
  /** Files that some other process holds open. */
  readonly held = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(path: string, content: string): void {
    this.#writes += 1;
    const scope = path.startsWith('/p/models/') ? 'repository' : 'sources';
    const stamp = {
      scope,
      bytes: content.length,
      mtimeMs: this.#writes,
      ctimeMs: this.#clock.now(),
      inode: 1,
    } as const;
    this.#files.set(path, { content, stamp });
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  table(): FileTable {
    const files = new Map([...this.#files].map(([path, { stamp }]) => [path, stamp]));
    return { files, folders: new Map(), takenMs: this.#clock.now(), repositoryFound: true, truncated: false };
  }

  snapshot(): ProjectSnapshot {
    const sources = new Map<string, string>();
    const models = new Map<string, ModelSnapshot>();
    for (const [path, { content }] of this.#files) {
      const name = /^\/p\/models\/([^/]+)\//.exec(path)?.[1];
      if (name === undefined) {
        sources.set(path, content);
        continue;
      }
      const directory = `/p/models/${name}`;
      const file = { path: path.slice(directory.length + 1), bytes: content.length, sha256: content };
      const files = [...(models.get(name)?.files ?? []), file];
      const fingerprint = files.map((one) => `${one.path}=${one.sha256}`).join();
      models.set(name, { name, directory, files, directories: [], fingerprint });
    }
    return { sources, repository: { directory: '/p/models', models } };
  }

  async isBeingWritten(files: readonly string[]): Promise<boolean> {
    return files.some((file) => this.held.has(file));
  }

  async scan(): Promise<FileTable> {
    this.scans += 1;
    return this.table();
  }

  async read(_table: FileTable, previous: ProjectSnapshot, scopes: ReadonlySet<string>) {
    if (this.failReading) throw this.failReading;
    const now = this.snapshot();
    return {
      sources: scopes.has('sources') ? now.sources : previous.sources,
      repository: scopes.has('repository') ? now.repository : previous.repository,
    };
  }
}

interface Call {
  readonly at: number;
  readonly actions: readonly ReloadAction[];
  readonly snapshot: ProjectSnapshot;
}

/** Warms for `warmMs`, waits until settled, switches; refuses contents that say `broken`. */
export class FakeTarget implements ReloadTarget {
  generation = 1;
  warmMs = 10;
  /** Whether it waits for the files to be quiet, as targets should. */
  waits = true;
  /** Called when a script begins to start, as its `init()` would. */
  onStart: () => void = () => undefined;
  readonly calls: Call[] = [];
  readonly served = new Map<string, string>();
  running = 0;
  overlapped = false;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock, initial: ProjectSnapshot) {
    this.#clock = clock;
    for (const key of ['workers', ...(initial.repository?.models.keys() ?? [])]) this.#serve(key, initial);
  }

  async apply(
    actions: readonly ReloadAction[],
    snapshot: ProjectSnapshot,
    signal: AbortSignal,
    progress: ReloadProgress,
  ): Promise<Failure | undefined> {
    this.calls.push({ at: this.#clock.now(), actions, snapshot });
    this.running += 1;
    this.overlapped ||= this.running > 1;
    try {
      let failure: Failure | undefined;
      for (const action of actions) {
        progress.enter(action.kind === 'swap-workers' ? 'warm' : 'load');
        if (action.kind === 'swap-workers') this.onStart();
        const warm = await this.#warm(signal);
        if (!warm || (this.waits && !(await progress.settled())))
          return { code: 'ABORTED', message: 'aborted' };
        const key = action.kind === 'swap-workers' ? 'workers' : action.target;
        const content = contentOf(key, snapshot);
        if (content?.includes('broken')) failure ??= { code: 'BROKEN', message: `${key} is broken`, line: 3 };
        else {
          if (action.kind === 'swap-workers') this.generation += 1;
          this.#serve(key, snapshot);
          progress.applied(action);
        }
      }
      return failure;
    } finally {
      this.running -= 1;
    }
  }

  #warm(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const callOff = this.#clock.after(this.warmMs, () => resolve(true));
      signal.addEventListener('abort', () => {
        callOff();
        resolve(false);
      });
    });
  }

  #serve(key: string, snapshot: ProjectSnapshot): void {
    const content = contentOf(key, snapshot);
    if (content === undefined) this.served.delete(key);
    else this.served.set(key, content);
  }
}

export function contentOf(key: string, snapshot: ProjectSnapshot): string | undefined {
  if (key !== 'workers') return snapshot.repository?.models.get(key)?.fingerprint;
  return [...snapshot.sources]
    .map(([path, content]) => `${path}=${content}`)
    .sort()
    .join();
}

/** A reloader over fakes, watching, with one script and one model. */
export function startFake(
  files: Record<string, string> = { [SCRIPT]: 'v1', [ONNX]: 'w1', [PBTXT]: 'c1' },
  refused: readonly string[] = [],
) {
  const clock = new FakeClock();
  const disk = new FakeDisk(clock);
  for (const [path, content] of Object.entries(files)) disk.write(path, content);
  const initial = disk.snapshot();
  const target = new FakeTarget(clock, initial);
  const bus = new EventBus();
  const events: EmulatorEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const watching = { reconcileMs: 2_000, rearmed: 0, missed: 0 };
  const fakeWatching: Watching = {
    mode: 'events',
    reason: '',
    get reconcileMs() {
      return watching.reconcileMs;
    },
    rearm: () => {
      watching.rearmed += 1;
    },
    noteChange: (expected) => {
      if (!expected) watching.missed += 1;
    },
    noteScan: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  const reporter = new ReloadReporter({ config, target, events: bus, clock });
  const parts = { config, target, reporter, clock, disk, initial, refused, table: disk.table() };
  const reloader = new ProjectReloader(parts);
  return {
    clock,
    disk,
    target,
    bus,
    events,
    reloader,
    watching,
    fakeWatching,
    types: () => events.map((event) => event.type.replace('reload.', '')),
    /** Writes and lets the event through. */
    save(path: string, content: string) {
      disk.write(path, content);
      reloader.hint();
    },
  };
}
