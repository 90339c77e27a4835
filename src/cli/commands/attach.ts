import { terminalFacts, type UiMode } from '../../config/index.ts';
import { selectUi, startRenderer } from '../../ui/index.ts';
import { EventRelay } from '../event-relay.ts';
import { EXIT } from '../exit-codes.ts';
import { chooseInstance, withControl } from '../instances.ts';
import { nextInterruption } from '../signals.ts';

export interface AttachFlags {
  readonly ui: UiMode;
  readonly id: string | undefined;
}

/** `triton-local attach [DIR]`: the screen of a running emulator. Leaving it keeps the emulator running. */
export async function attach(directory: string | undefined, flags: AttachFlags): Promise<number> {
  const { stdin, stdout } = process;
  const facts = terminalFacts(stdout.isTTY === true);
  const mode = selectUi(flags.ui, { stdin, stdout, ci: facts.ci, dumb: facts.dumb || facts.screenReader });
  const instance = await chooseInstance(directory, flags.id);
  return withControl(instance, async (control) => {
    const relay = new EventRelay(control);
    const { color } = facts;
    const leaveMeans = 'detach';
    const renderer = await startRenderer(mode, { control: relay.control, stdin, stdout, color, leaveMeans });
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
