import { formatState } from '../../ui/index.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, withControl } from '../instances.ts';
import { print } from '../print.ts';

/** `triton-local status [DIR]`: shows what a running emulator serves. */
export async function status(
  directory: string | undefined,
  flags: { readonly id: string | undefined; readonly json: boolean },
): Promise<number> {
  const state = await withControl(await chooseInstance(directory, flags.id), (control) => control.state());
  print(flags.json ? `${JSON.stringify(state, null, 2)}\n` : `${formatState(state)}\n`);
  return EXIT.ok;
}
