import { setTimeout as sleep } from 'node:timers/promises';
import { systemError } from '../../base/index.ts';
import type { EmulatorState } from '../../events/index.ts';
import { print } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, withControl } from '../instances.ts';

const LOOK_EVERY_MS = 100;

export interface WaitFlags {
  /** In milliseconds. */ readonly timeout: number;
  readonly json: boolean;
}

/** `triton-local wait [DIR]`: returns when the emulator is ready; one that has yet to come up is waited for, too. */
export async function wait(directory: string | undefined, flags: WaitFlags): Promise<number> {
  const deadline = performance.now() + flags.timeout;
  let last: unknown;
  for (;;) {
    try {
      const state = await withControl(await chooseInstance(directory), (control) => control.state());
      if (state.state === 'ready') {
        print(flags.json ? `${JSON.stringify(addresses(state))}\n` : `ready: ${state.scoringUri}\n`);
        return EXIT.ok;
      }
      last = systemError('NOT_READY', `process ${state.pid} is ${state.state}`);
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) break;
    await sleep(LOOK_EVERY_MS);
  }
  throw systemError('START_TIMED_OUT', `no emulator was ready within ${flags.timeout / 1000} s`, {
    cause: last,
  });
}

/** What a script needs of a state. */
const addresses = ({ state, pid, projectDir, scoringUri, httpUrl }: EmulatorState) => ({
  state,
  pid,
  projectDir,
  scoringUri,
  httpUrl,
});
