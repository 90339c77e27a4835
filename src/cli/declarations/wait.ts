import { seconds } from '../../config/index.ts';
import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const wait = declareCommand({
  usage: 'wait [dir]',
  about: 'wait until an emulator is ready; exit with 4 if that takes too long',
  flags: {
    timeout: {
      flag: '--timeout <seconds>',
      about: 'how long to wait (default: 300)',
      parse: seconds,
      fallback: 300_000,
    },
    id: ID_FLAG,
    json: { flag: '--json', about: 'print the addresses as JSON' },
  },
  examples: ['wait --timeout 60'],
  run: async ({ args: [directory], flags }) => (await import('../commands/wait.ts')).wait(directory, flags),
});
