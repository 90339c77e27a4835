import type { RequestListener } from 'node:http';
import type { TritonLocalError } from '../base/index.ts';
import type { EngineKind, ModelStatus } from '../events/index.ts';
import type { EngineEndpoints } from '../proxy/index.ts';

/** A server that speaks KServe v2. Starting it returns a `RunningEngine`, which can be stopped. */
export interface Engine<Running extends RunningEngine = RunningEngine> {
  readonly kind: EngineKind;
  /**
   * Starts it on the staged model repository, loads every model in it, and resolves once it answers requests.
   * A model that fails to load does not fail the start: it is UNAVAILABLE with a reason.
   */
  start(signal: AbortSignal): Promise<Running>;
}

/** An engine whose clients connect to a listener of this process: the embedded one, and others behind our gateway. */
export interface LocalEngine extends RunningEngine {
  /** Answers a request that arrived at another listener of this process. */
  readonly listener: RequestListener;
}

/** A model's files as the server sees them; `rollback` restores the previous ones, if there were any. */
export interface PublishedModel {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface RunningEngine extends AsyncDisposable {
  readonly kind: EngineKind;
  /** The version that it reports at `GET /v2`. */
  readonly version: string;
  /** The name, from the driver, of the GPU that it verifiably uses. */
  readonly gpu: string | null;
  readonly endpoints: EngineEndpoints;
  /**
   * Base URL of a server that is not ours: it serves its own models, not those of this project, and nothing that
   * changes its state is ever sent to it.
   */
  readonly modelsAt?: string | undefined;
  /**
   * Loads what the staged repository now has under this name and switches to it without a gap; if that fails, the
   * previous version keeps serving.
   * @param signal calls the load off, where the engine can do that; otherwise it is completed
   * @throws MODEL_LOAD_FAILED with Triton's reason.
   */
  load(model: string, signal?: AbortSignal): Promise<void>;
  unload(model: string): Promise<void>;
  /**
   * Makes what the staged repository now has under this name visible to the server, without loading it, until it is
   * committed or rolled back. Absent if the server reads that repository itself.
   */
  publish?(model: string): Promise<PublishedModel>;
  models(): readonly ModelStatus[];
  /**
   * Why an UNAVAILABLE model was not loaded, with file, line and hint if they are known; paths are those of the staged
   * repository. Undefined if the engine knows no more than the reason in `models()`.
   */
  loadFailure(model: string): Promise<TritonLocalError | undefined>;
  /** Asks the engine again what it has loaded; for engines whose clients may load and unload models directly. */
  refresh?(): Promise<void>;
  /** Resolves with the reason if it ends unexpectedly. */
  readonly exited: Promise<string>;
}
