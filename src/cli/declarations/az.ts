import { declareCommand } from '../command.ts';

/** Internal: what `az` runs in commands under `exec`. */
export const az = declareCommand({
  usage: 'az [arguments...]',
  about: 'do what az would do, on this machine',
  hidden: true,
  flags: {},
  examples: [],
  run: async ({ args }) => (await import('../commands/az.ts')).az(args),
});
