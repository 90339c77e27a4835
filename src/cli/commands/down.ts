import { print } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { chooseInstance, runningInstances, withControl } from '../instances.ts';

/** `triton-local down [DIR]`: stops a running emulator and waits until nothing of it is left. */
export async function down(directory: string | undefined, flags: Flags): Promise<number> {
  const instances = flags.all ? await runningInstances() : [await chooseInstance(directory, flags)];
  for (const instance of instances) {
    await withControl(instance, (control) => control.stop('triton-local down'));
    print(`stopped ${instance.projectDir} (process ${instance.pid})\n`);
  }
  return EXIT.ok;
}
