import type { RequestListener } from 'node:http';
import type { TritonLocalError } from '../base/index.ts';
import type { EngineKind, ModelStatus } from '../events/index.ts';
import type { EngineEndpoints } from '../proxy/index.ts';

/** What answers KServe v2. Starting one gives another type, which alone can be stopped. */
export interface Engine<Running extends RunningEngine = RunningEngine> {
  readonly kind: EngineKind;
  /**
   * Starts it on the staged model repository with every model in it loaded, and resolves when it answers.
   * A model that fails to load does not fail the start: it is UNAVAILABLE with its reason.
   */
  start(signal: AbortSignal): Promise<Running>;
}

/** An engine whose clients come to a listener of this process: the embedded one, and others behind our gateway. */
export interface LocalEngine extends RunningEngine {
  /** Answers a request that came in through another listener of this process. */
  readonly listener: RequestListener;
}

/** A model's files that the server sees; `rollback` shows it those from before, where there were some. */
export interface PublishedModel {
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

export interface RunningEngine extends AsyncDisposable {
  readonly kind: EngineKind;
  /** The version it reports at `GET /v2`. */
  readonly version: string;
  /** The GPU it verifiably uses, as the driver names it. */
  readonly gpu: string | null;
  readonly endpoints: EngineEndpoints;
  /**
   * Base URL of the server, where it is somebody else's: it serves models of its own, not those of this project, and
   * nothing that changes its state is ever sent to it.
   */
  readonly modelsAt?: string | undefined;
  /**
   * Loads what now lies in the staged repository under this name and swaps it in without a gap; on failure what
   * served before keeps serving.
   * @throws MODEL_LOAD_FAILED with Triton's reason.
   */
  load(model: string): Promise<void>;
  unload(model: string): Promise<void>;
  /**
   * Shows the server what now lies in the staged repository under this name, without having it loaded, until it is
   * committed or rolled back; absent where the server reads that repository itself.
   */
  publish?(model: string): Promise<PublishedModel>;
  models(): readonly ModelStatus[];
  /**
   * Why a model that is UNAVAILABLE was not loaded, with file, line and hint where they can be found; paths are those
   * of the staged repository. Undefined where the engine knows no more than the reason in `models()`.
   */
  loadFailure(model: string): Promise<TritonLocalError | undefined>;
  /** Asks the engine again what it has loaded; for engines whose clients may load and unload past us. */
  refresh?(): Promise<void>;
  /** Resolves with the reason when it ends without being asked to. */
  readonly exited: Promise<string>;
}
