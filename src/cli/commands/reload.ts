import type { EmulatorState } from '../../events/index.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, withControl } from '../instances.ts';
import { print } from '../print.ts';

export interface ReloadFlags {
  readonly dir: string | undefined;
  readonly id: string | undefined;
  readonly json: boolean;
}

/** `triton-local reload [MODEL]`: reads the project again now; ends with 1 if the reload failed. */
export async function reload(model: string | undefined, flags: ReloadFlags): Promise<number> {
  const state = await withControl(await chooseInstance(flags.dir, flags.id), async (control) => {
    await control.reload(model);
    return control.state();
  });
  const failed = state.stale && state.reload?.error !== undefined;
  if (flags.json) {
    print(`${JSON.stringify(resultOf(state), null, 2)}\n`);
    return failed ? EXIT.failed : EXIT.ok;
  }
  if (state.stale && state.reload?.error) {
    const { message, file, line } = state.reload.error;
    print(`reload failed: ${message}${file ? ` (${file}${line ? `:${line}` : ''})` : ''}\n`);
    return EXIT.failed;
  }
  print(`generation ${state.generation} serves\n`);
  return EXIT.ok;
}

/** The result for programs; `reload` is the last reload, with its error if it failed. */
const resultOf = ({ generation, stale, models, reload: last }: EmulatorState) => ({
  generation,
  stale,
  models,
  reload: last,
});
