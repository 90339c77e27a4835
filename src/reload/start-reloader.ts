import { type Clock, systemClock } from '../base/index.ts';
import type { EventSink } from '../events/index.ts';
import { lookAtProject, type ReloadConfig } from './look.ts';
import type { ProjectSnapshot } from './plan.ts';
import { ProjectReloader, type Reloader } from './reloader.ts';
import { readProject, tableBehind } from './snapshot-project.ts';
import type { ReloadTarget } from './target.ts';
import { watchedPlaces } from './watched-places.ts';
import { ProjectWatching } from './watching.ts';

export interface ReloaderOptions {
  readonly config: ReloadConfig;
  readonly target: ReloadTarget;
  readonly events: EventSink;
  /** What the target serves now, from `snapshotProject`; a change since then is the first thing that is noticed. */
  readonly initial: ProjectSnapshot;
  readonly clock?: Clock;
}

/** Follows the project's files where the configuration says so, and reloads by hand in any case. */
export async function startReloader(options: ReloaderOptions): Promise<Reloader> {
  const { config, target, events, initial, clock = systemClock } = options;
  const reloader = new ProjectReloader({
    config,
    target,
    events,
    clock,
    initial,
    table: tableBehind(initial),
    disk: {
      look: () => lookAtProject(config),
      read: (table, previous, scopes) => readProject(config, table, previous, scopes),
    },
  });
  if (config.watch) {
    const watching = new ProjectWatching({
      places: watchedPlaces(config),
      onHint: () => reloader.hint(),
      say: (text, level) => events.emit({ type: 'log.line', source: 'emulator', level, text }),
    });
    reloader.watch(watching);
  }
  return reloader;
}
