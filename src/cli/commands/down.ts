import { EXIT } from '../exit-codes.ts';
import { chooseInstance, runningInstances, withControl } from '../instances.ts';
import { print } from '../print.ts';

export interface DownFlags {
  readonly all: boolean;
  readonly id: string | undefined;
  readonly json: boolean;
}

/** `triton-local down [DIR]`: stops a running emulator and waits until all of it has ended. */
export async function down(directory: string | undefined, flags: DownFlags): Promise<number> {
  const instances = flags.all ? await runningInstances() : [await chooseInstance(directory, flags.id)];
  for (const instance of instances) {
    await withControl(instance, (control) => control.stop('triton-local down'));
    if (!flags.json) print(`stopped ${instance.projectDir} (process ${instance.pid})\n`);
  }
  const stopped = instances.map(({ pid, projectDir }) => ({ pid, projectDir }));
  if (flags.json) print(`${JSON.stringify(stopped, null, 2)}\n`);
  return EXIT.ok;
}
