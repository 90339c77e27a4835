import { wholeNumber } from '../../config/index.ts';
import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const logs = declareCommand({
  usage: 'logs [dir]',
  about: 'show the log of an emulator, even after it has ended',
  flags: {
    follow: { flag: '-f, --follow', about: 'keep printing new events until the emulator ends' },
    lines: {
      flag: '-n, --lines <number>',
      about: 'print only this many of the latest events',
      parse: wholeNumber(0, 999_999),
    },
    id: ID_FLAG,
    json: { flag: '--json', about: 'print events as JSON, one per line' },
  },
  examples: ['logs --follow', 'logs --lines 20 --json'],
  run: async ({ args: [directory], flags }) => (await import('../commands/logs.ts')).logs(directory, flags),
});
