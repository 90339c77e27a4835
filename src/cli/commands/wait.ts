import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemError, TritonLocalError } from '../../base/index.ts';
import type { EmulatorState } from '../../events/index.ts';
import { formatBlockers } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, withControl } from '../instances.ts';
import { print, printError } from '../print.ts';

const LOOK_EVERY_MS = 100;

export interface WaitFlags {
  /** In milliseconds. */ readonly timeout: number;
  readonly id: string | undefined;
  readonly json: boolean;
}

/** `triton-local wait [DIR]`: returns when the emulator is ready, even if it has not been started yet. */
export async function wait(directory: string | undefined, flags: WaitFlags): Promise<number> {
  const deadline = performance.now() + flags.timeout;
  let last: unknown;
  let reported = '';
  for (;;) {
    try {
      const state = await withControl(await chooseInstance(directory, flags.id), (control) =>
        control.state(),
      );
      if (state.state === 'ready') {
        print(flags.json ? `${JSON.stringify(addresses(state))}\n` : `ready: ${state.scoringUri}\n`);
        return EXIT.ok;
      }
      const why = state.state === 'degraded' ? `: ${formatBlockers(state.blockers)}` : '';
      last = systemError('NOT_READY', `process ${state.pid} is ${state.state}${why}`);
      if (why !== '' && why !== reported) printError(`waiting${why}\n`);
      reported = why;
      // Nothing will change by itself.
      if (why !== '' && state.watching?.mode === 'off') break;
    } catch (error) {
      if (error instanceof TritonLocalError && error.code === 'SEVERAL_RUNNING') throw error;
      last = error;
    }
    if (performance.now() >= deadline) break;
    await sleep(LOOK_EVERY_MS);
  }
  const isDegraded = last instanceof TritonLocalError && last.code === 'NOT_READY' && reported !== '';
  if (performance.now() < deadline) throw last;
  throw systemError(
    'START_TIMED_OUT',
    `no emulator was ready within ${flags.timeout / 1000} s: ${messageOf(last)}`,
    {
      cause: last,
      ...(isDegraded && { hint: 'fix the named problem and save, or run triton-local status' }),
    },
  );
}

/** The part of a state that scripts need. */
const addresses = ({
  state,
  pid,
  projectDir,
  scoringUri,
  httpUrl,
  grpcAddress,
  metricsUrl,
}: EmulatorState) => ({
  state,
  pid,
  projectDir,
  scoringUri,
  httpUrl,
  grpcAddress,
  metricsUrl,
});
