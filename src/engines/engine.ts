import type { RequestListener } from 'node:http';
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
  models(): readonly ModelStatus[];
  /** Asks the engine again what it has loaded; for engines whose clients may load and unload past us. */
  refresh?(): Promise<void>;
  /** Resolves with the reason when it ends without being asked to. */
  readonly exited: Promise<string>;
}
