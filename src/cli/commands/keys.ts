import { userError } from '../../base/index.ts';
import { homeDirectory, primaryKeyGiven } from '../../config/index.ts';
import { formatTable } from '../../ui/index.ts';
import {
  keysFile,
  makeKey,
  replaceServiceKeys,
  type ServiceKeys,
  serviceKeys,
} from '../../workspace/index.ts';
import { EXIT } from '../exit-codes.ts';
import { runningInstances, withControl } from '../instances.ts';
import { print, printError } from '../print.ts';

export interface KeysFlags {
  readonly show: boolean;
  /** What `regen` replaces. */
  readonly key: 'primary' | 'secondary' | 'both';
  readonly json: boolean;
}

const SHOWN_CHARACTERS = 4;

/**
 * `triton-local keys [regen]`: the keys of `--auth key`; running emulators accept new keys from the next request on.
 */
export async function keys(action: string | undefined, flags: KeysFlags): Promise<number> {
  if (action !== undefined && action !== 'regen')
    throw userError('CONFIG_INVALID', `keys knows "regen", not "${action}"`);
  const given = primaryKeyGiven();
  if (action === 'regen' && given !== undefined) {
    throw userError('CONFIG_INVALID', 'TRITON_LOCAL_KEY sets the key, so none can be generated', {
      hint: 'unset the variable to use generated keys',
    });
  }
  const file = keysFile(homeDirectory(), 'default');
  const kept = await serviceKeys(file);
  const current = action === 'regen' ? await regenerate(file, kept, flags.key) : kept;
  const shown = given === undefined ? current : { primary: given, secondary: undefined };
  const show = (key: string | undefined) => (flags.show ? key : key && mask(key));
  if (flags.json) {
    const result = {
      primaryKey: show(shown.primary),
      secondaryKey: show(shown.secondary) ?? null,
      origin: given === undefined ? file : 'TRITON_LOCAL_KEY',
    };
    print(`${JSON.stringify(result, null, 2)}\n`);
    return EXIT.ok;
  }
  const rows = [['primary', show(shown.primary) ?? '']];
  if (shown.secondary !== undefined) rows.push(['secondary', show(shown.secondary) ?? '']);
  print(`${formatTable([['KEY', 'VALUE'], ...rows])}\n`);
  if (!flags.show) printError('masked; --show shows them in full. Send one as: Authorization: Bearer KEY\n');
  return EXIT.ok;
}

async function regenerate(file: string, kept: ServiceKeys, which: KeysFlags['key']): Promise<ServiceKeys> {
  const fresh: ServiceKeys = {
    primary: which === 'secondary' ? kept.primary : makeKey(),
    secondary: which === 'primary' ? kept.secondary : makeKey(),
  };
  await replaceServiceKeys(file, fresh);
  // Emulators that require no key, or use keys of their own, are not affected.
  for (const instance of await runningInstances()) await withControl(instance, (control) => control.rekey());
  return fresh;
}

/** Enough to tell two keys apart. */
function mask(key: string): string {
  return key.length > 3 * SHOWN_CHARACTERS ? `${key.slice(0, SHOWN_CHARACTERS)}…` : '…';
}
