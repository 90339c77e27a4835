import type { ProjectConfig } from '../config/index.ts';
import type { Control } from '../control/index.ts';
import type { Instance } from '../workspace/index.ts';

export interface EmulatorOptions {
  readonly config: ProjectConfig;
  /** Resolves the same project again, so that the script's settings follow its files; without it, they stay. */
  readonly resolve?: () => Promise<ProjectConfig>;
  /** Folders to search for `onnxruntime-node` after the project's own. */
  readonly runtimePaths: readonly string[];
  /** The folder created for this emulator, removed with it; by default it creates its own. */
  readonly instance?: Instance;
  /** The file that records the events, for other terminals to read. */
  readonly eventLog?: string;
  /** Whether a failing first `init()` fails the start, because no one is there to fix the script. */
  readonly unattended?: boolean;
  /** The keys that callers may send, if keys are required; by default, those of the workspace. */
  readonly keys?: () => Promise<readonly string[]>;
}

/** An emulator that can be observed from its first event on; `start` is called once. */
export interface Emulator {
  readonly control: Control;
  /**
   * Starts the engine, the scoring service, the script and the watching, in this order. Resolves when all of it is up,
   * or up and waiting for the next save because a model or the script failed (the `reload.failed` and `model.state`
   * events say so); `emulator.ready` says when both listeners answer 200, `emulator.degraded` what prevents it.
   * @throws what failed, including the script if files are not watched; the caller then calls `end`.
   */
  start(signal: AbortSignal): Promise<RunningEmulator>;
  /** Ends everything, even a start under way; later calls return the same promise. `exitCode` goes into `emulator.stopped`. */
  end(reason: string, exitCode: number): Promise<void>;
}

/** Why everything stopped, and the exit status for the process. */
export interface Ending {
  readonly reason: string;
  readonly exitCode: number;
}

/** A running emulator. */
export interface RunningEmulator {
  /** Where to post, e.g. `http://localhost:6789/score`; in no-code mode the base of the service. */
  readonly scoringUri: string;
  /** Base of the engine's HTTP service. */
  readonly httpUrl: string;
  /** `HOST:PORT` of its gRPC service; undefined if its port is not open. */
  readonly grpcAddress: string | undefined;
  /** Its metrics; undefined if their port is not open. */
  readonly metricsUrl: string | undefined;
  /** The key that callers must send, if keys are required. */
  readonly key: string | undefined;
  /** Whether both listeners answer 200; false while a model or the script waits to be fixed. */
  readonly ready: boolean;
  /** Resolves when everything has stopped, on request or because the engine failed for good. */
  readonly stopped: Promise<Ending>;
}
