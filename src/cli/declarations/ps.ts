import { declareCommand } from '../command.ts';

export const ps = declareCommand({
  usage: 'ps',
  about: 'list the running emulators, endpoints and the control plane',
  flags: { json: { flag: '--json', about: 'print JSON' } },
  examples: ['ps'],
  run: async ({ flags }) => (await import('../commands/ps.ts')).ps(flags),
});
