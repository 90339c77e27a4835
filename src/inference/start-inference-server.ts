import { Lifetime, messageOf, systemError } from '../base/index.ts';
import { listModelDirectories } from '../repository/index.ts';
import { OnnxRuntimeBackend } from './backends/onnxruntime.ts';
import { HttpDoor } from './http/http-door.ts';
import type { InferenceServer, InferenceServerOptions } from './inference-server.ts';
import { ModelControl } from './model-control.ts';
import { ModelTable } from './model-table.ts';

/** The Triton release whose texts and statuses we answer with. */
export const TRITON_VERSION = '2.51.0';

/** Models that load at once, as Triton's `--model-load-thread-count`. */
const LOAD_AT_ONCE = 4;

/**
 * Loads every model of the repository, then listens. A model that fails stays in the table with its reason.
 * @throws TritonLocalError PORT_TAKEN or PORT_REFUSED; START_ABORTED when `signal` fires first
 */
export async function startInferenceServer(
  options: InferenceServerOptions,
  signal: AbortSignal,
): Promise<InferenceServer> {
  const lifetime = new Lifetime();
  try {
    const onnx = lifetime.use('onnxruntime', new OnnxRuntimeBackend(options.runtimePaths));
    const backends = new Map([['onnxruntime', onnx]]);
    const models = new ModelTable();
    const control = lifetime.use(
      'models',
      new ModelControl(models, options.repository, backends, options.events),
    );
    await loadAll(control, options, signal);
    const door = lifetime.use(
      'http',
      new HttpDoor(models, control, {
        host: options.host,
        port: options.httpPort,
        version: TRITON_VERSION,
        modelControlMode: options.modelControlMode,
      }),
    );
    refuseAborted(signal);
    const port = await door.listen();
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    const text = `Started HTTPService at ${host}:${port}`;
    options.events.emit({ type: 'log.line', source: 'engine', level: 'info', text });
    return {
      httpUrl: `http://${host}:${port}`,
      version: TRITON_VERSION,
      listener: door.listener,
      load: (model) => control.load(model),
      unload: (model) => control.remove(model),
      models: () => models.statuses(),
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lifetime[Symbol.asyncDispose]();
    throw error;
  }
}

async function loadAll(
  control: ModelControl,
  { repository, events }: InferenceServerOptions,
  signal: AbortSignal,
): Promise<void> {
  const waiting = await listModelDirectories(repository);
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  const loader = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      refuseAborted(signal);
      try {
        // A load that hangs cannot be called off; it ends with its backend.
        await Promise.race([control.load(name), aborted]);
      } catch (error) {
        // The table keeps the reason and has told it; the others still load.
        events.emit({ type: 'log.line', source: 'engine', level: 'debug', text: messageOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: LOAD_AT_ONCE }, loader));
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw systemError('START_ABORTED', 'the inference server was stopped while it started');
}
