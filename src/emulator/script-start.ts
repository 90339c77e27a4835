import type { Lifetime } from '../base/index.ts';
import type { ProjectConfig, ScriptSource } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { ensureEnvironment, ScorePoolFactory } from '../python/index.ts';
import { dataDirectory } from '../workspace/index.ts';
import { Generations } from './generations.ts';
import { scriptEnvironment } from './script-environment.ts';

export interface ScriptStartOptions {
  readonly config: ProjectConfig;
  readonly script: ScriptSource;
  /** Base of the engine's HTTP service. */
  readonly engineUrl: string;
  readonly events: EventSink;
}

/**
 * Readies what starts the script's generations; starts none yet. Each start looks again for the environment that the
 * project's requirements ask for, so that an edit of them builds another; one that is there already costs a look.
 */
export function prepareScript(
  { config, script, engineUrl, events }: ScriptStartOptions,
  lifetime: Lifetime,
): Generations {
  const environment = scriptEnvironment(config);
  const factory = lifetime.use('spare workers', new ScorePoolFactory());
  const start = async (generation: number, signal: AbortSignal) => {
    const { interpreter } = await ensureEnvironment(config.python, config.home, environment, events, signal);
    return factory.start(
      {
        generation,
        workers: config.workers,
        interpreter,
        entryScript: script.entryScript,
        sourceDirectory: script.sourceDirectory,
        environment,
        engineAuthority: new URL(engineUrl).host,
        dataDirectory: dataDirectory(config.home, config.projectDir),
        scoringTimeoutMs: config.scoringTimeoutMs,
        workerTimeoutMs: config.workerTimeoutMs,
        debug: config.python.debug,
        initTimeoutMs: config.timeoutMs,
        events,
      },
      signal,
    );
  };
  return lifetime.use('workers', new Generations(start));
}
