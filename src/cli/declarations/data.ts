import { declareCommand } from '../command.ts';

export const data = declareCommand({
  usage: 'data [file]',
  about: "list what a project's script has collected about its models, or show one file of it",
  flags: {
    dir: { flag: '--dir <dir>', about: 'the project (default: this folder)' },
    json: { flag: '--json', about: 'the list as JSON' },
  },
  examples: ['data inputs.csv --dir sample-models/digits'],
  run: async ({ args: [file], flags }) => (await import('../commands/data.ts')).data(file, flags),
});
