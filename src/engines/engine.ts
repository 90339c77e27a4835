import type { EngineKind, ModelStatus } from '../events/index.ts';

export interface EngineEndpoints {
  /** Base of the KServe v2 HTTP service, e.g. `http://127.0.0.1:8000`; no trailing slash. */
  readonly http: string;
  /** `HOST:PORT` of the gRPC service, where there is one. */
  readonly grpc?: string;
  /** `HOST:PORT` of the Prometheus metrics, where there are some. */
  readonly metrics?: string;
  /** Sent along with every request to `http`, such as a key of a remote server. Never shown. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What answers KServe v2. Starting one gives another type, which alone can be stopped. */
export interface Engine {
  readonly kind: EngineKind;
  /**
   * Starts it on the staged model repository with every model in it loaded, and resolves when it answers.
   * A model that fails to load does not fail the start: it is UNAVAILABLE with its reason.
   */
  start(signal: AbortSignal): Promise<RunningEngine>;
}

export interface RunningEngine extends AsyncDisposable {
  readonly kind: EngineKind;
  /** The version it reports at `GET /v2`. */
  readonly version: string;
  /** The GPU it verifiably uses, as the driver names it. */
  readonly gpu: string | null;
  readonly endpoints: EngineEndpoints;
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
