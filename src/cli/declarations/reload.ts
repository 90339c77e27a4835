import { declareCommand } from '../command.ts';
import { ID_FLAG } from './id-flag.ts';

export const reload = declareCommand({
  usage: 'reload [model]',
  about: 'reload what has changed, or one model even if it has not',
  flags: {
    dir: { flag: '--dir <dir>', about: 'the project (default: the one at or above this folder)' },
    id: ID_FLAG,
    json: { flag: '--json', about: 'print the result as JSON' },
  },
  examples: ['reload', 'reload digits'],
  run: async ({ args: [model], flags }) => (await import('../commands/reload.ts')).reload(model, flags),
});
