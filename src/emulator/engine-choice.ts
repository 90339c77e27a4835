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
import type { ModelPython } from '../inference/index.ts';
import { ensureEnvironment, openPackedEnvironment } from '../python/index.ts';
import type { ProjectSnapshot } from '../reload/index.ts';
import type { RepositorySync, UserPaths } from '../repository/index.ts';
import { requireConsent } from './consent.ts';

export interface EngineStartOptions {
  readonly config: ProjectConfig;
  readonly initial: ProjectSnapshot;
  /** Where the engine reads models from; made here. */
  readonly stagedRepository: string;
  /** Begins the names of the shared memory of a native Triton. */
  readonly sharedMemoryPrefix: string;
  /** Keeps it in step with the user's folder while clients use the repository API. */
  readonly sync: RepositorySync;
  readonly runtimePaths: readonly string[];
  /** Notes that a file of the state folder is in use. */
  readonly uses: (file: string) => Promise<void>;
  /** Translates staged paths in what an engine says into the user's. */
  readonly paths: UserPaths;
  /** Aborted when the user would rather have what is on this machine than wait for an image. */
  readonly skipDownload: AbortSignal;
  readonly events: EventSink;
}

/** Makes the engine of a plan, and installs or builds what it needs. */
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
          tritonArgs: config.engine.tritonArgs,
          events,
        }),
        options,
      );
    }
    case 'docker':
      return front(
        new DockerEngine({
          repository: stagedRepository,
          image: config.engine.image,
          slimBase: config.engine.slimBase,
          dockerHost: config.engine.dockerHost,
          gpus: plan.gpus,
          missingImage: plan.mayPull ? 'pull' : 'fail',
          skipDownload: options.skipDownload,
          endpoint: plan.endpoint,
          environment: config.environment,
          project: config.projectDir,
          events,
          startLimitMs: config.start.timeoutMs,
          serverArguments: config.engine.tritonArgs,
        }),
        options,
      );
    case 'external': {
      const { ca, cert, certKey } = config.external;
      warnOfArguments(config, 'the external engine starts no Triton', events);
      return front(
        new ExternalEngine({
          url: plan.url,
          grpcUrl: config.external.grpcUrl,
          metricsUrl: config.external.metricsUrl,
          headers: config.external.headers,
          tlsFiles: { ca, cert, key: certKey },
          hasLocalModels: (options.initial.repository?.models.size ?? 0) > 0,
          events,
        }),
        options,
      );
    }
    default:
      return plan satisfies never;
  }
}

/** Docker counts the time itself, since it may download first. */
function bounded<Running extends RunningEngine>(engine: Engine<Running>, limitMs: number): Engine<Running> {
  return new BoundedEngine(engine, engine.kind === 'docker' ? undefined : limitMs);
}

function front(engine: Engine, { config, sync, events }: EngineStartOptions): Engine<LocalEngine> {
  const { host, httpPort, grpcPort, metricsPort } = config.listen;
  const { origins } = config;
  const insists = { grpc: isUsersOwn(origins, 'grpcPort'), metrics: isUsersOwn(origins, 'metricsPort') };
  return new FrontedEngine(bounded(engine, config.start.timeoutMs), {
    host,
    httpPort,
    grpcPort,
    metricsPort,
    insists,
    modelControlMode: config.engine.modelControlMode,
    // What others run reads a repository of their own.
    sync: engine.kind === 'external' ? undefined : sync,
    events,
  });
}

async function makeEmbedded(options: EngineStartOptions, signal: AbortSignal): Promise<Engine<LocalEngine>> {
  const { config, initial, stagedRepository, sync, events } = options;
  const { projectDir, home, environment, listen, origins } = config;
  const searchFrom = [projectDir, ...options.runtimePaths];
  const models = [...(initial.repository?.models.values() ?? [])];
  const hasOnnx = models.some(({ files }) => files.some((file) => file.path.endsWith('.onnx')));
  const runtimePaths = once(async () => {
    const found = await ensureOnnxRuntime({ searchFrom, home, environment, events }, signal);
    for (const directory of found) await options.uses(directory);
    return found;
  });
  // Without it the engine could not start; a project whose first ONNX model comes later fetches it then.
  if (hasOnnx) await runtimePaths();
  const python = modelPython(options, signal);
  const hasPython = models.some(({ files }) => files.some((file) => file.path.endsWith('.py')));
  // Before the time of the start counts, since it may download; what fails is told by the load that needs it.
  if (hasPython) await python().catch(() => undefined);
  const engine = new EmbeddedEngine({
    repository: stagedRepository,
    host: listen.host,
    httpPort: listen.httpPort,
    grpc: { port: listen.grpcPort, isChosen: isUsersOwn(origins, 'grpcPort') },
    metrics: { port: listen.metricsPort, isChosen: isUsersOwn(origins, 'metricsPort') },
    modelControlMode: config.engine.modelControlMode,
    tritonArgs: config.engine.tritonArgs,
    sync,
    runtimePaths,
    gpuModelsOnCpu: config.engine.gpuModelsOnCpu,
    python,
    userPaths: options.paths.text,
    events,
  });
  return bounded(engine, config.start.timeoutMs);
}

/** The Python of the project's script runs its Python models too. */
function modelPython({ config, sharedMemoryPrefix, events, uses }: EngineStartOptions, signal: AbortSignal) {
  const { python, home, environment } = config;
  const own = once(async (): Promise<ModelPython> => {
    const { interpreter } = await ensureEnvironment(python, home, environment, events, signal);
    await uses(interpreter);
    return { interpreter, environment, sharedMemoryPrefix };
  });
  return async (packed?: string): Promise<ModelPython> => {
    if (packed === undefined) return own();
    const opened = await openPackedEnvironment(packed, home, environment, events, signal);
    await uses(opened.interpreter);
    return { ...opened, sharedMemoryPrefix };
  };
}

/** Does it at the first call. What failed, such as a download, is tried again at the next. */
function once<T>(task: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= task();
    done.catch(() => {
      done = undefined;
    });
    return done;
  };
}

function warnOfArguments({ engine: { tritonArgs } }: ProjectConfig, why: string, events: EventSink): void {
  if (tritonArgs.length === 0) return;
  const text = `--triton-arg has no effect (${tritonArgs.join(' ')}): ${why}`;
  events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text });
}

function isUsersOwn(origins: ProjectConfig['origins'], name: string): boolean {
  return origins[name] !== undefined && origins[name] !== 'default';
}
