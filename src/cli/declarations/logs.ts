import { wholeNumber } from '../../config/index.ts';
import { declareCommand } from '../command.ts';

export const logs = declareCommand({
  usage: 'logs [dir]',
  about: 'show the log of an emulator that was started with -d, even after it has ended',
  flags: {
    follow: { flag: '-f, --follow', about: 'go on with what happens from now on' },
    lines: {
      flag: '-n, --lines <number>',
      about: 'only the last events, this many',
      parse: wholeNumber(0, 999_999),
    },
    json: { flag: '--json', about: 'events as JSON, one a line' },
  },
  examples: ['logs --follow', 'logs --lines 20 --json'],
  run: async ({ args: [directory], flags }) => (await import('../commands/logs.ts')).logs(directory, flags),
});
