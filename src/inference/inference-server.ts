import type { RequestListener } from 'node:http';
import type { TritonLocalError } from '../base/index.ts';
import type { ModelControlMode } from '../config/index.ts';
import type { EventSink, ModelStatus } from '../events/index.ts';
import type { RepositorySync } from '../repository/index.ts';
import type { FindModelPython } from './backends/python/python-backend.ts';

export type RuntimePaths = readonly string[] | (() => Promise<readonly string[]>);

export interface InferenceServerOptions {
  /** A model repository that nobody else changes while a model of it loads. */
  readonly repository: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly httpPort: number;
  /** What HTTP clients may load and unload. */
  readonly modelControlMode: ModelControlMode;
  /** Brings `repository` up to date before clients list and load its models, where it is a copy. */
  readonly sync?: RepositorySync | undefined;
  /** Arguments of Triton's own command line, such as `--http-max-input-size=100`. */
  readonly tritonArgs?: readonly string[];
  /**
   * Folders where `onnxruntime-node` may lie (each holding a `node_modules`), first hit wins; or what finds, or
   * installs, them when the first ONNX model is loaded.
   */
  readonly runtimePaths: RuntimePaths;
  /** Reads `KIND_GPU` as `KIND_AUTO`. */
  readonly gpuModelsOnCpu?: boolean;
  /** The Python that Python models run in, found or built when the first of them is loaded. */
  readonly python: FindModelPython;
  /** Translates staged paths in reasons, logs and answers into the user's; left out, texts stay as they are. */
  readonly userPaths?: (text: string) => string;
  readonly events: EventSink;
}

/** Our own KServe v2 server while it runs. Listening starts only after every model of the repository was tried. */
export interface InferenceServer extends AsyncDisposable {
  readonly httpUrl: string;
  /** Answers a request that came in through another listener of this process. */
  readonly listener: RequestListener;
  readonly version: string;
  /** Reads the model's folder again and swaps it in without a gap; on failure the old one serves on, and this throws. */
  load(model: string, signal?: AbortSignal): Promise<void>;
  unload(model: string): Promise<void>;
  models(): readonly ModelStatus[];
  /** Why the newest load of a model failed, with file, line and hint where they are known. */
  loadFailure(model: string): TritonLocalError | undefined;
}
