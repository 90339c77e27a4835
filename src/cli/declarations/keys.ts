import { oneOf } from '../../config/index.ts';
import { declareCommand } from '../command.ts';

const which = oneOf(['primary', 'secondary', 'both'] as const);

export const keys = declareCommand({
  usage: 'keys [action]',
  about: 'show the access keys of `up --auth key`; with `regen`, replace one or both',
  flags: {
    show: { flag: '--show', about: 'show the keys in full' },
    key: {
      flag: '--key <which>',
      about: 'the key that regen replaces: primary, secondary, both (default: primary)',
      parse: which,
      fallback: 'primary',
    },
    json: { flag: '--json', about: 'print JSON' },
  },
  examples: ['keys --show', 'keys regen --key both', 'keys --show --json'],
  run: async ({ args: [action], flags }) => (await import('../commands/keys.ts')).keys(action, flags),
});
