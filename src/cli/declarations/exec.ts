import { declareCommand } from '../command.ts';

export const exec = declareCommand({
  usage: 'exec [command...]',
  about: 'run a command in which the Azure ML SDK for Python deploys to this machine',
  flags: {},
  examples: ['exec -- python deploy.py'],
  run: async ({ args }) => (await import('../commands/exec.ts')).exec(args),
});
