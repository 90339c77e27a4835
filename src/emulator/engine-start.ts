import { mkdir } from 'node:fs/promises';
import type { ProjectConfig } from '../config/index.ts';
import { EmbeddedEngine, ensureOnnxRuntime, type RunningEngine, selectEngine } from '../engines/index.ts';
import type { EventSink } from '../events/index.ts';
import type { ProjectSnapshot } from '../reload/index.ts';
import { stageModel } from '../repository/index.ts';

export interface EngineStartOptions {
  readonly config: ProjectConfig;
  readonly initial: ProjectSnapshot;
  /** Where the engine reads models from; made here. */
  readonly stagedRepository: string;
  readonly runtimePaths: readonly string[];
  readonly events: EventSink;
}

/** Chooses the engine, stages every model of the project and starts the engine on them. */
export async function startEngine(options: EngineStartOptions, signal: AbortSignal): Promise<RunningEngine> {
  const { config, initial, stagedRepository, events } = options;
  const selection = selectEngine(config.engine);
  events.emit({ type: 'engine.selected', ...selection });

  const models = [...(initial.repository?.models.values() ?? [])];
  await mkdir(stagedRepository, { recursive: true });
  for (const model of models) await (await stageModel(model, stagedRepository)).commit();

  const runtimePaths =
    models.length === 0
      ? []
      : await ensureOnnxRuntime(
          {
            searchFrom: [config.projectDir, ...options.runtimePaths],
            home: config.home,
            environment: config.environment,
            events,
          },
          signal,
        );
  const engine = new EmbeddedEngine({
    repository: stagedRepository,
    host: config.host,
    httpPort: config.httpPort,
    modelControlMode: config.modelControlMode,
    runtimePaths,
    events,
  });
  const began = performance.now();
  events.emit({ type: 'engine.starting', kind: engine.kind });
  const running = await engine.start(signal);
  events.emit({
    type: 'engine.ready',
    kind: running.kind,
    version: running.version,
    httpUrl: running.endpoints.http,
    startMs: performance.now() - began,
  });
  return running;
}
