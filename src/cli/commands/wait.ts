import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemError, TritonLocalError, userError } from '../../base/index.ts';
import { print } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { chooseInstance, withControl } from '../instances.ts';

const LOOK_EVERY_MS = 100;

/** `triton-local wait [DIR]`: returns when the emulator is ready; one that has yet to come up is waited for, too. */
export async function wait(directory: string | undefined, flags: Flags): Promise<number> {
  const seconds = Number(flags.timeout);
  if (!(seconds > 0 && seconds <= 86_400))
    throw userError('CONFIG_INVALID', '--timeout must be a number of seconds above 0 and at most 86400');
  const deadline = performance.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const state = await withControl(await chooseInstance(directory, flags), (control) => control.state());
      if (state.state === 'ready') {
        print(`ready: ${state.scoringUri}\n`);
        return EXIT.ok;
      }
      last = systemError('NOT_READY', `process ${state.pid} is ${state.state}`);
    } catch (error) {
      if (error instanceof TritonLocalError && error.code === 'SEVERAL_RUNNING') throw error;
      last = error;
    }
    if (performance.now() >= deadline) break;
    await sleep(LOOK_EVERY_MS);
  }
  throw systemError('START_TIMED_OUT', `no emulator was ready within ${seconds} s: ${messageOf(last)}`, {
    cause: last,
  });
}
