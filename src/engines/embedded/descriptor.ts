import { BoundedEngine } from '../bounded-engine.ts';
import { CHOSEN, type EngineContext, type EngineDescriptor, type EnginePlan } from '../descriptor.ts';
import type { Engine, LocalEngine } from '../engine.ts';
import { isSetByUser } from '../set-by-user.ts';
import { EmbeddedEngine } from './engine.ts';
import { findModelPython } from './model-python.ts';
import { once } from './once.ts';
import { ensureOnnxRuntime } from './onnxruntime.ts';

/** Our own inference server, in this process. It is always there. */
export const embeddedDescriptor: EngineDescriptor = {
  kind: 'embedded',
  modelsRun: 'on this machine',
  gpus: 'refused',
  planChosen: () => plan(CHOSEN),
  offer: () => ({ plans: [plan('in this process, on the CPU')] }),
};

function plan(reason: string): EnginePlan {
  return { kind: 'embedded', reason, make };
}

async function make(context: EngineContext, signal: AbortSignal): Promise<Engine<LocalEngine>> {
  const { config, models, stagedRepository, sync, paths, events, requests } = context;
  const runtimePaths = once(() => findRuntimePaths(context, signal));
  const python = findModelPython(context, signal);
  // What the models need is fetched before the time limit of the start begins. Later models fetch it when they load.
  if (hasFile(models, '.onnx')) await runtimePaths();
  // If this fails, the load that needs it says why.
  if (hasFile(models, '.py')) await python().catch(() => undefined);
  const engine = new EmbeddedEngine({
    ...config.engine,
    repository: stagedRepository,
    host: config.listen.host,
    httpPort: config.listen.httpPort,
    grpc: { port: config.listen.grpcPort, isChosen: isSetByUser(config, 'grpcPort') },
    metrics: { port: config.listen.metricsPort, isChosen: isSetByUser(config, 'metricsPort') },
    sync,
    runtimePaths,
    python,
    userPaths: paths.text,
    events,
    requests,
  });
  return new BoundedEngine(engine, config.start.timeoutMs);
}

function hasFile(models: EngineContext['models'], extension: string): boolean {
  return models.some(({ files }) => files.some((file) => file.path.endsWith(extension)));
}

async function findRuntimePaths(context: EngineContext, signal: AbortSignal): Promise<readonly string[]> {
  const { home, environment, projectDir } = context.config;
  const searchFrom = [projectDir, ...context.runtimePaths];
  const found = await ensureOnnxRuntime({ searchFrom, home, environment, events: context.events }, signal);
  for (const directory of found) await context.uses(directory);
  return found;
}
