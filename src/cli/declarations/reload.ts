import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const reload = declareCommand({
  usage: 'reload [model]',
  about: 'reload what changed now, or one model whether it changed or not',
  flags: {
    dir: { flag: '--dir <dir>', about: 'the project (default: the one of this folder)' },
    id: ID_FLAG,
    json: { flag: '--json', about: 'the result as JSON' },
  },
  examples: ['reload', 'reload digits'],
  run: async ({ args: [model], flags }) => (await import('../commands/reload.ts')).reload(model, flags),
});
