import type { Lifetime } from '../base/index.ts';
import type { ScriptSource } from '../config/index.ts';
import type { EventSink } from '../events/index.ts';
import { ensureEnvironment, ScorePoolFactory } from '../python/index.ts';
import { dataDirectory } from '../workspace/index.ts';
import { Generations } from './generations.ts';
import { scriptEnvironment } from './script-environment.ts';
import type { ScriptSettings } from './script-settings.ts';

const NO_PRELOAD =
  'WORKER_PRELOAD has no effect on Windows, which cannot fork: each worker loads the script and runs init() itself; in the cloud that is done once, before the workers are forked';

export interface ScriptStartOptions {
  readonly settings: ScriptSettings;
  readonly script: ScriptSource;
  /** Base of the engine's HTTP service. */
  readonly engineUrl: string;
  readonly events: EventSink;
  /** Records that a file of the state folder is in use. */
  readonly uses: (file: string) => Promise<void>;
}

/**
 * Whether workers are forked from a process that has loaded the script, and what to log if that is set but not
 * possible.
 */
export function choosePreload(
  environment: Readonly<Record<string, string>>,
  workers: number,
  platform: NodeJS.Platform = process.platform,
): { readonly preloads: boolean; readonly notice?: string } {
  if (environment.WORKER_PRELOAD?.toLowerCase() !== 'true') return { preloads: false };
  if (platform !== 'win32') return { preloads: true };
  return { preloads: false, ...(workers > 1 && { notice: NO_PRELOAD }) };
}

/**
 * Prepares the start of the script's generations, without starting one. Each start uses the settings in the project's
 * files at that time, and the environment for the current requirements: changed requirements build a new one, and an
 * existing one costs only a lookup.
 */
export function prepareScript(
  { settings, script, engineUrl, events, uses }: ScriptStartOptions,
  lifetime: Lifetime,
): Generations {
  const factory = lifetime.use('spare workers', new ScorePoolFactory());
  const start = async (generation: number, signal: AbortSignal) => {
    const config = await settings.next();
    const environment = scriptEnvironment(config);
    const { preloads, notice } = choosePreload(environment, config.workers.count);
    if (notice) events.emit({ type: 'log.line', source: 'emulator', level: 'warning', text: notice });
    const { interpreter, packages } = await ensureEnvironment(
      config.python,
      config.home,
      environment,
      events,
      signal,
      script,
    );
    await uses(interpreter);
    return factory.start(
      {
        generation,
        workers: config.workers.count,
        preload: preloads && !config.python.debug,
        interpreter,
        packages,
        entryScript: script.entryScript,
        sourceDirectory: script.sourceDirectory,
        environment,
        engineAuthority: new URL(engineUrl).host,
        dataDirectory: dataDirectory(config.home, config.projectDir),
        dialect: config.scoring.dialect,
        scoringTimeoutMs: config.workers.scoringTimeoutMs,
        workerTimeoutMs: config.workers.workerTimeoutMs,
        debug: config.python.debug,
        initTimeoutMs: config.workers.initTimeoutMs,
        events,
      },
      signal,
    );
  };
  return lifetime.use('workers', new Generations(start));
}
