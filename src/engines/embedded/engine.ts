import { messageOf, systemError } from '../../base/index.ts';
import { type InferenceServerOptions, startInferenceServer } from '../../inference/index.ts';
import type { Engine, LocalEngine } from '../engine.ts';

/** Our own inference server, in this process. */
export class EmbeddedEngine implements Engine {
  readonly kind = 'embedded';
  readonly #options: InferenceServerOptions;

  constructor(options: InferenceServerOptions) {
    this.#options = options;
  }

  async start(signal: AbortSignal): Promise<LocalEngine> {
    const server = await startInferenceServer(this.#options, signal);
    return {
      kind: this.kind,
      version: server.version,
      gpu: null,
      listener: server.listener,
      endpoints: { http: server.httpUrl, ...server.sides },
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
