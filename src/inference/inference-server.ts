import type { RequestListener } from 'node:http';
import type { SidePort, TritonLocalError } from '../base/index.ts';
import type { EngineSettings } from '../config/index.ts';
import type { EventSink, ModelStatus, RequestHistory } from '../events/index.ts';
import type { RepositorySync } from '../repository/index.ts';
import type { FindModelPython } from './backends/python/python-backend.ts';

export type RuntimePaths = readonly string[] | (() => Promise<readonly string[]>);

/** Settings of the engine group that the server reads; a caller may pass the whole group. */
type ServerSettings = Pick<EngineSettings, 'modelControlMode'> &
  Partial<Pick<EngineSettings, 'tritonArgs' | 'gpuModelsOnCpu'>>;

export interface InferenceServerOptions extends ServerSettings {
  /** A model repository that nothing else changes while one of its models loads. */
  readonly repository: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly httpPort: number;
  /** Where gRPC is served; absent: it is not. */
  readonly grpc?: SidePort;
  /** Where metrics are served; absent: they are not. */
  readonly metrics?: SidePort;
  /** If `repository` is a copy, brings it up to date before clients list or load models. */
  readonly sync?: RepositorySync | undefined;
  /**
   * Folders to search in order for `onnxruntime-node` (each with a `node_modules`), or a function that finds or
   * installs it when the first ONNX model is loaded.
   */
  readonly runtimePaths: RuntimePaths;
  /** The Python that Python models run in, found or built when the first of them is loaded. */
  readonly python: FindModelPython;
  /** Translates staged paths in reasons, logs and answers into the user's; without it, texts stay unchanged. */
  readonly userPaths?: (text: string) => string;
  readonly events: EventSink;
  /** Where each request to its ports is recorded; by default nowhere. */
  readonly requests?: RequestHistory | undefined;
}

/** `HOST:PORT` of each side port that is open. */
export interface SideAddresses {
  readonly grpc?: string;
  readonly metrics?: string;
}

/**
 * Our own KServe v2 server while it runs. It starts listening only after it has tried to load every model of the
 * repository.
 */
export interface InferenceServer extends AsyncDisposable {
  readonly httpUrl: string;
  /** The open side ports. */
  readonly sides: SideAddresses;
  /** Answers a request that arrived at another listener of this process. */
  readonly listener: RequestListener;
  readonly version: string;
  /**
   * Reads the model's folder again and switches without a gap. On failure it throws, and the old version keeps serving.
   * @param signal calls the load off
   */
  load(model: string, signal?: AbortSignal): Promise<void>;
  unload(model: string): Promise<void>;
  models(): readonly ModelStatus[];
  /** Why the newest load of a model failed, with file, line and hint if known. */
  loadFailure(model: string): TritonLocalError | undefined;
}
