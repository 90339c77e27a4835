import type { EngineKind, Failure, ModelState, ReloadAction, ReloadTimings } from './event.ts';

export interface EngineStatus {
  readonly kind: EngineKind;
  readonly gpu: string | null;
  readonly reason: string;
  readonly version: string | null;
}

export interface ModelStatus {
  readonly name: string;
  readonly version: string;
  readonly state: ModelState;
  readonly reason: string;
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

/** What runs now, folded from the events; the TUI shows it and `/_triton-local/status` is cut from it. */
export interface EmulatorState {
  readonly state: 'starting' | 'ready' | 'stopping' | 'stopped';
  readonly startedAt: string | null;
  readonly projectDir: string | null;
  readonly deployment: 'no-code' | 'script' | null;
  readonly scoringUri: string | null;
  readonly httpUrl: string | null;
  readonly engine: EngineStatus | null;
  readonly generation: number;
  readonly stale: boolean;
  readonly models: readonly ModelStatus[];
  readonly workers: readonly WorkerStatus[];
  readonly reload: ReloadStatus | null;
  readonly reloads: number;
  /** What is being made right now (environment, download), or null. */
  readonly progress: string | null;
}

export const initialState: EmulatorState = {
  state: 'starting',
  startedAt: null,
  projectDir: null,
  deployment: null,
  scoringUri: null,
  httpUrl: null,
  engine: null,
  generation: 0,
  stale: false,
  models: [],
  workers: [],
  reload: null,
  reloads: 0,
  progress: null,
};
