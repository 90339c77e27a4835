import { declareCommand } from '../command.ts';

/** Internal: started by `exec` and `azure up`. */
export const controlPlane = declareCommand({
  usage: 'control-plane',
  about: 'serve the control plane of Azure ML',
  hidden: true,
  flags: {},
  examples: [],
  run: async () => (await import('../commands/control-plane.ts')).controlPlane(),
});
