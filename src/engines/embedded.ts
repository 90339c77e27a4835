import { messageOf, systemError } from '../base/index.ts';
import type { ModelControlMode } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { type FindModelPython, type RuntimePaths, startInferenceServer } from '../inference/index.ts';
import type { RepositorySync } from '../repository/index.ts';
import type { Engine, LocalEngine } from './engine.ts';

export interface EmbeddedEngineOptions {
  /** The staged model repository. Only the caller changes it, and never while a model loads. */
  readonly repository: string;
  readonly host: string;
  readonly httpPort: number;
  readonly modelControlMode: ModelControlMode;
  /** Brings the repository up to date before clients list or load models. */
  readonly sync?: RepositorySync | undefined;
  /** Arguments of Triton's command line; the log names those that this engine does not support. */
  readonly tritonArgs?: readonly string[];
  readonly runtimePaths: RuntimePaths;
  /** Whether instances that ask for a GPU run on the CPU. */
  readonly gpuModelsOnCpu?: boolean;
  /** The Python of Python models, found or built when the first of them is loaded. */
  readonly python: FindModelPython;
  /** Translates staged paths in the server's texts into the user's paths. */
  readonly userPaths?: (text: string) => string;
  readonly events: EventSink;
}

/** Our own inference server, in this process. */
export class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  readonly #options: EmbeddedEngineOptions;

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<LocalEngine> {
    const server = await startInferenceServer(this.#options, signal);
    return {
      kind: this.kind,
      version: server.version,
      gpu: null,
      listener: server.listener,
      endpoints: { http: server.httpUrl },
      load: (model, signal) => server.load(model, signal),
      unload: (model) => server.unload(model),
      models: () => server.models(),
      loadFailure: async (model) => server.loadFailure(model),
      // It lives and dies with this process.
      exited: new Promise<string>(() => {}),
      async [Symbol.asyncDispose]() {
        try {
          await server[Symbol.asyncDispose]();
        } catch (error) {
          throw systemError('ENGINE_STOP_FAILED', `the embedded engine did not stop: ${messageOf(error)}`, {
            cause: error,
          });
        }
      },
    };
  }
}
