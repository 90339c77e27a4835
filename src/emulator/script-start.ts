import type { Lifetime } from '../base/index.ts';
import type { ProjectConfig, ScriptSource } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { ensureEnvironment, ScorePoolFactory } from '../python/index.ts';
import { Generations } from './generations.ts';
import { scriptEnvironment } from './script-environment.ts';

export interface ScriptStartOptions {
  readonly config: ProjectConfig;
  readonly script: ScriptSource;
  /** Base of the engine's HTTP service. */
  readonly engineUrl: string;
  readonly events: EventSink;
}

/** Finds or builds the Python environment and readies what starts the script's generations; starts none yet. */
export async function prepareScript(
  { config, script, engineUrl, events }: ScriptStartOptions,
  lifetime: Lifetime,
  signal: AbortSignal,
): Promise<Generations> {
  const environment = scriptEnvironment(config);
  const { interpreter } = await ensureEnvironment(config.python, config.home, environment, events, signal);
  const factory = lifetime.use('spare workers', new ScorePoolFactory());
  return lifetime.use(
    'workers',
    new Generations((generation, swapSignal) =>
      factory.start(
        {
          generation,
          workers: config.workers,
          interpreter,
          entryScript: script.entryScript,
          sourceDirectory: script.sourceDirectory,
          environment,
          engineAuthority: new URL(engineUrl).host,
          scoringTimeoutMs: config.scoringTimeoutMs,
          initTimeoutMs: config.timeoutMs,
          events,
        },
        swapSignal,
      ),
    ),
  );
}
