import { declareCommand } from '../command.ts';

export const exec = declareCommand({
  usage: 'exec [command...]',
  about: 'run a command whose Python deploys here with the Azure ML SDK',
  flags: {},
  examples: ['exec -- python deploy.py'],
  run: async ({ args }) => (await import('../commands/exec.ts')).exec(args),
});
