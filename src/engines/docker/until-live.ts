import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { systemError } from '../../base/index.ts';
import type { TritonClient } from '../triton-client.ts';
import { crashed, neverReady } from './container-failure.ts';
import type { ContainerLog } from './container-log.ts';

export interface StartingContainer {
  readonly client: TritonClient;
  readonly container: Docker.Container;
  readonly image: string;
  /** Resolves with the reason once it has ended. */
  readonly ended: Promise<string>;
  readonly log: ContainerLog;
  readonly limitMs: number;
}

const POLL_MS = 20;
/** For the last words of a container that has ended, which come over a connection of their own. */
const LAST_WORDS_MS = 2_000;

/**
 * Waits until the server in a container answers, which it does once every model was tried
 * (docs/reference/triton.md#readiness).
 * @throws ENGINE_START_FAILED with exit code and last lines where it ends before, START_TIMED_OUT
 */
export async function untilLive(
  { client, container, image, ended, log, limitMs }: StartingContainer,
  signal: AbortSignal,
): Promise<void> {
  const limit = performance.now() + limitMs;
  let isEnded = false;
  void ended.then(() => {
    isEnded = true;
  });
  for (;;) {
    signal.throwIfAborted();
    if (await client.answers('live')) return;
    if (isEnded) {
      await Promise.race([log.ended, sleep(LAST_WORDS_MS)]);
      const state = await container.inspect().then(
        ({ State }) => State,
        () => undefined,
      );
      if (state) throw crashed(image, state, log.lastLines());
      throw systemError('ENGINE_START_FAILED', `the Triton container was lost: ${await ended}`);
    }
    if (performance.now() > limit) throw neverReady(limitMs, log.lastLines());
    await sleep(POLL_MS);
  }
}
