import { oneOf } from '../../config/index.ts';
import { declareCommand } from '../command.ts';

const which = oneOf(['primary', 'secondary', 'both'] as const);

export const keys = declareCommand({
  usage: 'keys [action]',
  about: 'show the keys that `up --auth key` requires; with `regen`, generate new ones',
  flags: {
    show: { flag: '--show', about: 'show them in full, not masked' },
    key: {
      flag: '--key <which>',
      about: 'which key regen replaces: primary, secondary, both (default: primary)',
      parse: which,
      fallback: 'primary',
    },
    json: { flag: '--json', about: 'as JSON' },
  },
  examples: ['keys --show', 'keys regen --key both', 'keys --show --json'],
  run: async ({ args: [action], flags }) => (await import('../commands/keys.ts')).keys(action, flags),
});
