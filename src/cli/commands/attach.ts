import { userError } from '../../base/index.ts';
import { terminalFacts } from '../../config/index.ts';
import { selectUi, startRenderer } from '../../ui/index.ts';
import { EventRelay } from '../event-relay.ts';
import { EXIT } from '../exit-codes.ts';
import type { Flags } from '../flags.ts';
import { chooseInstance, withControl } from '../instances.ts';
import { nextInterruption } from '../signals.ts';

const UI_MODES = ['auto', 'tui', 'plain', 'json'] as const;

/** `triton-local attach [DIR]`: the screen of a running emulator. Whoever leaves it leaves the emulator running. */
export async function attach(directory: string | undefined, flags: Flags): Promise<number> {
  const asked = UI_MODES.find((mode) => mode === flags.ui);
  if (!asked) throw userError('CONFIG_INVALID', `--ui must be one of ${UI_MODES.join(', ')}`);
  const { stdin, stdout } = process;
  const facts = terminalFacts(stdout.isTTY === true);
  const mode = selectUi(asked, { stdin, stdout, ci: facts.ci, dumb: facts.dumb });
  const instance = await chooseInstance(directory, flags);
  return withControl(instance, async (control) => {
    const relay = new EventRelay(control);
    const renderer = await startRenderer(mode, { control: relay, stdin, stdout, color: facts.color });
    try {
      const left = nextInterruption(renderer.left.then(() => ({ reason: 'left', exitCode: EXIT.ok })));
      await relay.play(instance.eventLog, { follow: true });
      await Promise.race([left, control.closed]);
      return EXIT.ok;
    } finally {
      await renderer[Symbol.asyncDispose]();
    }
  });
}
