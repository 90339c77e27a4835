import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const down = declareCommand({
  usage: 'down [dir]',
  about: "stop this folder's emulator",
  flags: {
    all: { flag: '--all', about: 'stop all emulators, including deployed services' },
    id: ID_FLAG,
    json: { flag: '--json', about: 'print what was stopped as JSON' },
  },
  examples: ['down', 'down --id NAME', 'down --all'],
  run: async ({ args: [directory], flags }) => (await import('../commands/down.ts')).down(directory, flags),
});
