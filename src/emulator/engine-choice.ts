import path from 'node:path';
import type { ProjectConfig } from '../config/index.ts';
import {
  BoundedEngine,
  buildManagedTriton,
  DockerEngine,
  EmbeddedEngine,
  type Engine,
  type EnginePlan,
  ExternalEngine,
  ensureOnnxRuntime,
  FrontedEngine,
  type LocalEngine,
  NativeEngine,
  type RunningEngine,
} from '../engines/index.ts';
import type { EventSink } from '../events/index.ts';
import type { ProjectSnapshot } from '../reload/index.ts';
import { requireConsent } from './consent.ts';

export interface EngineStartOptions {
  readonly config: ProjectConfig;
  readonly initial: ProjectSnapshot;
  /** Where the engine reads models from; made here. */
  readonly stagedRepository: string;
  /** Begins the names of the shared memory of a native Triton. */
  readonly sharedMemoryPrefix: string;
  readonly runtimePaths: readonly string[];
  /** Notes that a file of the state folder is in use. */
  readonly uses: (file: string) => Promise<void>;
  /** Aborted when the user would rather have what is on this machine than wait for an image. */
  readonly skipDownload: AbortSignal;
  readonly events: EventSink;
}

/** The engine that a plan stands for, with what it needs installed or built. */
export async function makeEngine(
  plan: EnginePlan,
  options: EngineStartOptions,
  signal: AbortSignal,
): Promise<Engine<LocalEngine>> {
  const { config, stagedRepository, events } = options;
  switch (plan.kind) {
    case 'embedded':
      return makeEmbedded(options, signal);
    case 'native': {
      const { environment, home } = config;
      requireConsent(config);
      const program = plan.program ?? (await buildManagedTriton(home, environment, events, signal));
      await options.uses(program);
      const workDirectory = path.join(path.dirname(stagedRepository), 'native');
      return front(
        new NativeEngine({
          program,
          repository: stagedRepository,
          workDirectory,
          sharedMemoryPrefix: options.sharedMemoryPrefix,
          environment,
          events,
        }),
        options,
      );
    }
    case 'docker':
      return front(
        new DockerEngine({
          repository: stagedRepository,
          image: config.image,
          slimBase: config.slimBase,
          dockerHost: config.dockerHost,
          gpus: plan.gpus,
          missingImage: plan.mayPull ? 'pull' : 'fail',
          skipDownload: options.skipDownload,
          endpoint: plan.endpoint,
          environment: config.environment,
          project: config.projectDir,
          events,
          startLimitMs: config.timeoutMs,
        }),
        options,
      );
    case 'external':
      return front(
        new ExternalEngine({
          url: plan.url,
          grpcUrl: config.tritonGrpcUrl,
          metricsUrl: config.tritonMetricsUrl,
          headers: config.tritonHeaders,
          tlsFiles: config.tritonTls,
          hasLocalModels: (options.initial.repository?.models.size ?? 0) > 0,
          events,
        }),
        options,
      );
    default:
      return plan satisfies never;
  }
}

/** Docker counts the time itself, since it may download first. */
function bounded<Running extends RunningEngine>(engine: Engine<Running>, limitMs: number): Engine<Running> {
  return new BoundedEngine(engine, engine.kind === 'docker' ? undefined : limitMs);
}

function front(engine: Engine, { config, events }: EngineStartOptions): Engine<LocalEngine> {
  const { host, httpPort, grpcPort, metricsPort, modelControlMode, origins } = config;
  const insists = { grpc: isUsersOwn(origins, 'grpcPort'), metrics: isUsersOwn(origins, 'metricsPort') };
  return new FrontedEngine(bounded(engine, config.timeoutMs), {
    host,
    httpPort,
    grpcPort,
    metricsPort,
    insists,
    modelControlMode,
    events,
  });
}

async function makeEmbedded(options: EngineStartOptions, signal: AbortSignal): Promise<Engine<LocalEngine>> {
  const { config, initial, stagedRepository, events } = options;
  const { projectDir, home, environment, host, httpPort, modelControlMode, origins } = config;
  for (const [name, flag] of [
    ['grpcPort', '--grpc-port'],
    ['metricsPort', '--metrics-port'],
  ] as const) {
    const text = `${flag} has no effect: the embedded engine of this version serves HTTP only`;
    if (isUsersOwn(origins, name))
      events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
  }
  const searchFrom = [projectDir, ...options.runtimePaths];
  const hasModels = (initial.repository?.models.size ?? 0) > 0;
  const runtimePaths = hasModels
    ? await ensureOnnxRuntime({ searchFrom, home, environment, events }, signal)
    : [];
  for (const directory of runtimePaths) await options.uses(directory);
  const engine = new EmbeddedEngine({
    repository: stagedRepository,
    host,
    httpPort,
    modelControlMode,
    runtimePaths,
    events,
  });
  return bounded(engine, config.timeoutMs);
}

function isUsersOwn(origins: ProjectConfig['origins'], name: string): boolean {
  return origins[name] !== undefined && origins[name] !== 'default';
}
