import { declareCommand } from '../command.ts';

/** Internal: started by `online-endpoint create`. */
export const endpointProxy = declareCommand({
  usage: 'endpoint-proxy <name> <workspace>',
  about: 'serve an online endpoint',
  hidden: true,
  flags: { port: { flag: '--port <number>', about: 'the port' } },
  examples: [],
  run: async ({ args: [name = '', workspace = ''], flags }) =>
    (await import('../commands/endpoint-proxy.ts')).endpointProxy(name, workspace, flags),
});
