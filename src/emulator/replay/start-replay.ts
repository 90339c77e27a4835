import type { Lifetime } from '../../base/index.ts';
import type { ProjectConfig } from '../../config/index.ts';
import type { EventBus } from '../../events/index.ts';
import { requestFromFile } from './pinned-request.ts';
import type { Replay } from './replay.ts';

export interface ReplayStartOptions {
  readonly config: ProjectConfig;
  readonly replay: Replay;
  /** The model that a request without a script is for. */
  readonly firstModel: string | undefined;
  readonly events: EventBus;
}

/**
 * Follows the reloads, so that a pinned request is sent again after each; `--replay` pins a request at the start.
 * @throws REPLAY_UNREADABLE, REPLAY_TOO_LARGE
 */
export async function startReplay(
  { config, replay, firstModel, events }: ReplayStartOptions,
  lifetime: Lifetime,
): Promise<void> {
  lifetime.use('replay', replay);
  lifetime.defer(
    'replays',
    events.subscribe((event) => replay.follow(event)),
  );
  const { script } = config;
  const { replayFile } = config.reload;
  if (replayFile !== undefined) {
    const target = script ? '/score' : `/v2/models/${encodeURIComponent(firstModel ?? '')}/infer`;
    await replay.pin(await requestFromFile(replayFile, target));
  }
}
