import { type Clock, systemClock } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import { modelKey, type ProjectSnapshot, WORKERS_KEY } from './plan.ts';
import { ReloadReporter } from './reload-reporter.ts';
import { ProjectReloader, type Reloader } from './reloader.ts';
import { type ReloadConfig, scanProject } from './scan.ts';
import { readProject, tableBehind } from './snapshot-project.ts';
import type { ReloadTarget } from './target.ts';
import { UnservedModels } from './unserved-models.ts';
import { watchedPlaces } from './watched-places.ts';
import { ProjectWatching } from './watching.ts';
import { isBeingWritten } from './writers.ts';

export interface ReloaderOptions {
  readonly config: ReloadConfig;
  readonly target: ReloadTarget;
  readonly events: EventSink;
  /** What the target serves now, from `snapshotProject`; any change since then is detected first. */
  readonly initial: ProjectSnapshot;
  /**
   * Base URL of a server that serves its own models instead of the project's; changes to the project's are only
   * reported.
   */
  readonly modelsAt?: string | undefined;
  /** What the target refused of it at the start: models by name, and whether it refused the script. */
  readonly refused?: { readonly models: readonly string[]; readonly script: boolean };
  readonly clock?: Clock;
}

/** Watches the project's files if configured, and handles manual reloads in any case. */
export async function startReloader(options: ReloaderOptions): Promise<Reloader> {
  const { config, target, events, modelsAt, refused, clock = systemClock } = options;
  const reporter = new ReloadReporter({ config, target, events, clock });
  const unserved =
    modelsAt === undefined
      ? undefined
      : new UnservedModels(options.initial, (models) =>
          reporter.log(
            `changed here: ${models.join(', ')}; ${modelsAt} serves its own models, nothing was sent`,
          ),
        );
  const initial = unserved?.initial ?? options.initial;
  const reloader = new ProjectReloader({
    config,
    target,
    clock,
    reporter,
    initial,
    table: tableBehind(initial),
    refused: [...(refused?.models ?? []).map(modelKey), ...(refused?.script ? [WORKERS_KEY] : [])],
    disk: {
      scan: () => scanProject(config),
      read: (table, previous, scopes) =>
        unserved
          ? unserved.read(table, (now, before) => readProject(config, now, before, scopes))
          : readProject(config, table, previous, scopes),
      isBeingWritten,
    },
  });
  if (config.reload.watch) {
    const watching = new ProjectWatching({
      places: watchedPlaces(config),
      onHint: () => reloader.hint(),
      onMode: () => reloader.reportMode(),
    });
    reloader.watch(watching);
  } else reporter.watching('off', '--no-watch');
  return reloader;
}
