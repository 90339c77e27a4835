import { declareCommand } from '../command.ts';

export const data = declareCommand({
  usage: 'data [file]',
  about: "list the data that a project's script has collected, or print one file of it",
  flags: {
    dir: { flag: '--dir <dir>', about: 'the project (default: this folder)' },
    json: { flag: '--json', about: 'print the list as JSON' },
  },
  examples: ['data inputs.csv --dir sample-models/digits'],
  run: async ({ args: [file], flags }) => (await import('../commands/data.ts')).data(file, flags),
});
