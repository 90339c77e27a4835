import { wholeNumber } from '../../config/index.ts';
import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const logs = declareCommand({
  usage: 'logs [dir]',
  about: 'show the log of an emulator, even after it has ended',
  flags: {
    follow: { flag: '-f, --follow', about: 'follow the log until the emulator ends' },
    lines: {
      flag: '-n, --lines <number>',
      about: 'only the last events, at most this many',
      parse: wholeNumber(0, 999_999),
    },
    id: ID_FLAG,
    json: { flag: '--json', about: 'events as JSON, one per line' },
  },
  examples: ['logs --follow', 'logs --lines 20 --json'],
  run: async ({ args: [directory], flags }) => (await import('../commands/logs.ts')).logs(directory, flags),
});
