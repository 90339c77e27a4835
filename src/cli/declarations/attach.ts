import { oneOf, UI_MODES } from '../../config/index.ts';
import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

const uiMode = oneOf(UI_MODES);

export const attach = declareCommand({
  usage: 'attach [dir]',
  about: 'show the screen of a running emulator; leaving it keeps the emulator running',
  flags: {
    ui: {
      flag: '--ui <mode>',
      about: `how to show the emulator: ${UI_MODES.join(', ')} (default: auto)`,
      parse: uiMode,
      fallback: 'auto',
    },
    id: ID_FLAG,
  },
  examples: ['attach'],
  run: async ({ args: [directory], flags }) =>
    (await import('../commands/attach.ts')).attach(directory, flags),
});
