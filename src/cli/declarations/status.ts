import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const status = declareCommand({
  usage: 'status [dir]',
  about: 'show what a running emulator serves',
  flags: { id: ID_FLAG, json: { flag: '--json', about: 'print JSON' } },
  examples: ['status --json'],
  run: async ({ args: [directory], flags }) =>
    (await import('../commands/status.ts')).status(directory, flags),
});
