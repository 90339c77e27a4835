import { declareCommand } from '../command.ts';

/** For our own programs: `online-endpoint create` starts it. */
export const endpointDoor = declareCommand({
  usage: 'endpoint-door <name> <workspace>',
  about: 'serve an online endpoint',
  hidden: true,
  flags: { port: { flag: '--port <number>', about: 'the port' } },
  examples: [],
  run: async ({ args: [name = '', workspace = ''], flags }) =>
    (await import('../commands/endpoint-door.ts')).endpointDoor(name, workspace, flags),
});
