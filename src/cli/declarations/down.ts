import { declareCommand } from '../command.ts';

export const down = declareCommand({
  usage: 'down [dir]',
  about: 'stop a running emulator',
  flags: {
    all: { flag: '--all', about: 'stop every one' },
    json: { flag: '--json', about: 'what was stopped, as JSON' },
  },
  examples: ['down', 'down --all'],
  run: async ({ args: [directory], flags }) => (await import('../commands/down.ts')).down(directory, flags),
});
