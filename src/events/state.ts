import type {
  AnswerDifference,
  Blocker,
  EngineKind,
  Failure,
  ModelState,
  ReloadAction,
  ReloadTimings,
  WatchMode,
} from './event.ts';

export interface EngineStatus {
  readonly kind: EngineKind;
  readonly gpu: string | null;
  readonly reason: string;
  readonly version: string | null;
  /** Why it ended unexpectedly; absent while it runs. */
  readonly exited?: string;
}

export interface ModelStatus {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  readonly reason: string;
  /** How often a process of this version died and was restarted; absent if never. */
  readonly restarts?: number | undefined;
}

/** Statistics of a version since it was loaded; times are means of its newest requests. */
export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  readonly inferenceCount: number;
  readonly executionCount: number;
  readonly failureCount: number;
  readonly queueMs: number;
  readonly computeMs: number;
}

export interface WorkerStatus {
  readonly pid: number;
  readonly state: 'starting' | 'ready' | 'exited';
  readonly busy: boolean;
}

export interface ReloadStatus {
  readonly outcome: 'planned' | 'completed' | 'failed';
  readonly time: string;
  readonly actions: readonly ReloadAction[];
  readonly causes: readonly string[];
  readonly timings: ReloadTimings | null;
  readonly error: Failure | null;
}

/** A load or reload that failed and has not succeeded since. What served before keeps serving. */
export interface ReloadFailure {
  readonly time: string;
  /** What it was meant to reload: `script`, or `model NAME`. */
  readonly targets: readonly string[];
  readonly error: Failure;
  /** Whether an older version or generation is serving in its place. */
  readonly olderServes: boolean;
}

/** How saves are detected, and why, if it is not the usual way. */
export interface WatchStatus {
  readonly mode: WatchMode;
  readonly reason: string;
}

/** The request that is sent again after each reload, and how its answer changed. */
export interface ReplayStatus {
  readonly method: string;
  readonly path: string;
  /** Of the newest answer; 0 if there was none. */
  readonly status: number;
  readonly generation: number;
  /** What the last reload changed; null before the first. */
  readonly change: {
    readonly statusBefore: number;
    readonly differences: readonly AnswerDifference[];
    readonly differenceCount: number;
  } | null;
}

/** What runs now, folded from the events. The TUI shows it, and `/_triton-local/status` is a part of it. */
export interface EmulatorState {
  /** Sequence number of the last event that changed this state; 0 before the first. */
  readonly seq: number;
  /** `degraded`: both listeners are open, but `blockers` keep it from being ready. */
  readonly state: 'starting' | 'degraded' | 'ready' | 'stopping' | 'stopped';
  readonly startedAt: string | null;
  /** Process ID of the emulator. */
  readonly pid: number | null;
  readonly projectDir: string | null;
  /** Whether callers of the scoring service need a key. */
  readonly auth: 'none' | 'key';
  readonly deployment: 'no-code' | 'script' | null;
  readonly scoringUri: string | null;
  readonly httpUrl: string | null;
  /** `HOST:PORT` of the engine's gRPC service; null if its port is not open. */
  readonly grpcAddress: string | null;
  /** The engine's metrics; null if their port is not open. */
  readonly metricsUrl: string | null;
  /** How long the start took, once ready. */
  readonly startMs: number | null;
  readonly engine: EngineStatus | null;
  readonly generation: number;
  /** What keeps it from being ready while `state` is `degraded`; otherwise empty. */
  readonly blockers: readonly Blocker[];
  /** Whether something older is serving because the newest content failed; `failures` says what. */
  readonly stale: boolean;
  readonly failures: readonly ReloadFailure[];
  readonly models: readonly ModelStatus[];
  /** Of the models that have received requests; sampled every two seconds. */
  readonly statistics: readonly ModelStatistics[];
  readonly workers: readonly WorkerStatus[];
  /** Workers that ended unexpectedly while the emulator was ready. */
  readonly workersDied: number;
  readonly reload: ReloadStatus | null;
  /** Null until watching begins. */
  readonly watching: WatchStatus | null;
  /** Null while no request is pinned. */
  readonly replay: ReplayStatus | null;
  /** Reloads completed. */
  readonly reloads: number;
  /** What is being prepared right now (environment, download), or null. */
  readonly progress: string | null;
}

export const initialState: EmulatorState = {
  seq: 0,
  state: 'starting',
  startedAt: null,
  pid: null,
  projectDir: null,
  auth: 'none',
  deployment: null,
  scoringUri: null,
  httpUrl: null,
  grpcAddress: null,
  metricsUrl: null,
  startMs: null,
  engine: null,
  generation: 0,
  blockers: [],
  stale: false,
  failures: [],
  models: [],
  statistics: [],
  workers: [],
  workersDied: 0,
  reload: null,
  watching: null,
  replay: null,
  reloads: 0,
  progress: null,
};
