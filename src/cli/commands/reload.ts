import { print } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { chooseInstance, withControl } from '../instances.ts';

/** `triton-local reload [MODEL]`: reads the project again now; ends with 1 when the reload failed. */
export async function reload(model: string | undefined, flags: Flags): Promise<number> {
  const directory = typeof flags.dir === 'string' ? flags.dir : undefined;
  const state = await withControl(await chooseInstance(directory, flags), async (control) => {
    await control.reload(model);
    return control.state();
  });
  if (state.stale && state.reload?.error) {
    const { message, file, line } = state.reload.error;
    print(`reload failed: ${message}${file ? ` (${file}${line ? `:${line}` : ''})` : ''}\n`);
    return EXIT.failed;
  }
  print(`generation ${state.generation} serves\n`);
  return EXIT.ok;
}
