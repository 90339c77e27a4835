import {
  formatAddress,
  Lifetime,
  messageOf,
  openSidePort,
  reachableHost,
  type SideListener,
  systemError,
} from '../base/index.ts';
import { type EventBody, type LogLevel, RequestMeter } from '../events/index.ts';
import { SIDE_SERVICES } from '../kserve/index.ts';
import { listModelDirectories, readModelDefinition } from '../repository/index.ts';
import type { Backend } from './backends/backend.ts';
import { OnnxRuntimeBackend } from './backends/onnxruntime.ts';
import { PythonBackend } from './backends/python/python-backend.ts';
import { GrpcListener } from './grpc/grpc-listener.ts';
import { readTlsKeys } from './grpc/tls-keys.ts';
import { HttpListener } from './http/http-listener.ts';
import type { InferenceServer, InferenceServerOptions, SideAddresses } from './inference-server.ts';
import { InferenceService } from './inference-service.ts';
import { LocalModels } from './local-models.ts';
import { LogSettings } from './log-settings.ts';
import { Metrics } from './metrics/metrics-document.ts';
import { MetricsListener } from './metrics/metrics-listener.ts';
import { ModelControl } from './model-control.ts';
import { ModelTable, UNLOADED } from './model-table.ts';
import { RateLimiter } from './scheduling/rate-limiter.ts';
import { ResponseCache } from './scheduling/response-cache.ts';
import { readTritonArguments } from './triton-arguments.ts';

/** The Triton release whose texts and statuses we answer with. */
export const TRITON_VERSION = '2.51.0';

/** As its log names them. */
const TRITON_NAMES = { grpc: 'GRPCInferenceService', metrics: 'Metrics Service' } as const;

/** Models that load at once, as Triton's `--model-load-thread-count`. */
const LOAD_AT_ONCE = 4;

/**
 * Loads every model of the repository, then listens. A model that fails stays in the table with its reason.
 * @throws TritonLocalError PORT_TAKEN or PORT_REFUSED; START_ABORTED when `signal` fires first; ENGINE_START_FAILED for
 * a wrong argument, or for a model that fails with `--exit-on-error=true`
 */
export async function startInferenceServer(
  options: InferenceServerOptions,
  signal: AbortSignal,
): Promise<InferenceServer> {
  const { runtimePaths } = options;
  const settings = readTritonArguments(options.tritonArgs ?? []);
  const logSettings = new LogSettings(settings.log);
  const events = {
    emit: (event: EventBody) => void (logSettings.shows(event) && options.events.emit(event)),
  };
  const log = (level: LogLevel, text: string) =>
    events.emit({ type: 'log.line', source: 'engine', level, text });
  for (const argument of settings.notServed)
    log('warning', `${argument} has no effect in the embedded engine; --engine docker and native serve it`);
  const lifetime = new Lifetime();
  try {
    const onnx = lifetime.use(
      'onnxruntime',
      new OnnxRuntimeBackend(
        typeof runtimePaths === 'function' ? runtimePaths : async () => runtimePaths,
        options,
      ),
    );
    const models = new ModelTable();
    const metrics = lifetime.use('metrics', new Metrics(settings.metrics));
    const backends = new Map<string, Backend>([['onnxruntime', onnx]]);
    const control = new ModelControl(models, options.repository, backends, events, {
      userPaths: options.userPaths,
      sync: options.sync,
      cache: settings.cacheBytes === undefined ? undefined : new ResponseCache(settings.cacheBytes),
      limiter: settings.resources && new RateLimiter(settings.resources),
      metrics: metrics.models,
    });
    const server = new LocalModels(models, control, options.modelControlMode);
    const python = new PythonBackend({
      python: options.python,
      server,
      metrics: metrics.custom,
      events,
      userPaths: options.userPaths ?? ((text) => text),
    });
    backends.set('python', lifetime.use('python', python));
    lifetime.use('models', control);
    const meter = new RequestMeter(events, options.requests);
    lifetime.defer('request meter', () => meter.flush());
    const service = new InferenceService({
      models,
      control,
      modelControlMode: options.modelControlMode,
      version: TRITON_VERSION,
      settings,
      logSettings,
    });
    lifetime.defer('shared memory', () => service[Symbol.dispose]());
    const listener = lifetime.use(
      'http',
      new HttpListener(service, { host: options.host, port: options.httpPort, meter }),
    );
    const tls = settings.grpc.tls && (await readTlsKeys(settings.grpc.tls));
    const grpc = lifetime.use('grpc', new GrpcListener(service, meter, tls));
    const metricsPort = lifetime.use('metrics port', new MetricsListener(() => metrics.render()));
    // Before the listeners stop: they wait for their clients, who may wait for a load that hangs.
    lifetime.defer('loads', () => python.stopLoading());
    const names = settings.loadModels ?? (await listModelDirectories(options.repository));
    await loadAll(control, await ensemblesLast(options.repository, names), log, signal);
    if (settings.exitOnError && !models.ready) throw failedModels(models);
    refuseAborted(signal);
    const port = await listener.listen();
    log('info', `Started HTTPService at ${formatAddress(options.host, port)}`);
    const sides = await openSides({ grpc, metrics: metricsPort }, options, log);
    return {
      httpUrl: `http://${formatAddress(reachableHost(options.host), port)}`,
      sides,
      version: TRITON_VERSION,
      listener: listener.listener,
      load: (model, signal) => control.load(model, signal),
      unload: (model) => control.remove(model),
      models: () => models.statuses(),
      loadFailure: (model) => control.loadFailure(model),
      [Symbol.asyncDispose]: () => lifetime[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lifetime[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens the ports beside HTTP that the options name. @throws PORT_TAKEN, PORT_REFUSED for a port that the user chose */
async function openSides(
  listeners: Readonly<Record<keyof SideAddresses, SideListener>>,
  options: InferenceServerOptions,
  log: (level: LogLevel, text: string) => void,
): Promise<SideAddresses> {
  const open: { -readonly [Name in keyof SideAddresses]: SideAddresses[Name] } = {};
  for (const name of ['grpc', 'metrics'] as const) {
    const side = options[name];
    if (!side) continue;
    const warn = (text: string) => log('warning', text);
    const address = await openSidePort(listeners[name], SIDE_SERVICES[name], options.host, side, warn);
    if (address === undefined) continue;
    open[name] = address;
    log('info', `Started ${TRITON_NAMES[name]} at ${address}`);
  }
  return open;
}

async function loadAll(
  control: ModelControl,
  names: readonly string[],
  log: (level: LogLevel, text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const waiting = [...names];
  const loader = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      refuseAborted(signal);
      try {
        await control.load(name, signal);
      } catch (error) {
        // The table keeps the reason and has logged it; the others still load.
        log('debug', messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: LOAD_AT_ONCE }, loader));
}

/** Ensembles need their members, which would else be loaded twice. */
async function ensemblesLast(repository: string, names: readonly string[]): Promise<string[]> {
  const isEnsemble = async (name: string) =>
    readModelDefinition(repository, name).then(
      ({ config }) => config.platform === 'ensemble',
      () => false,
    );
  const ensembles = new Set<string>();
  for (const name of names) if (await isEnsemble(name)) ensembles.add(name);
  return [...names.filter((name) => !ensembles.has(name)), ...ensembles];
}

function failedModels(models: ModelTable): Error {
  const failed = models
    .statuses()
    .filter(({ state, reason }) => state === 'UNAVAILABLE' && reason !== UNLOADED);
  const reasons = failed.map(({ name, version, reason }) => `${[name, version].join(' ').trim()}: ${reason}`);
  return systemError(
    'ENGINE_START_FAILED',
    `models failed to load, and --exit-on-error is set: ${reasons.join('; ')}`,
  );
}

function refuseAborted(signal: AbortSignal): void {
  if (signal.aborted) throw systemError('START_ABORTED', 'the inference server was stopped while it started');
}
