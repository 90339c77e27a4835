import { declareCommand } from '../command.ts';

const PRINT_ENV = {
  flag: '--print-env <form>',
  about:
    'the form of the printed variables: bash, powershell or dotenv (default: bash, or powershell on Windows)',
} as const;

export const azureUp = declareCommand({
  usage: 'up',
  about: 'start the control plane and print the variables for shells, notebooks and CI',
  flags: {
    detach: { flag: '-d, --detach', about: 'run in the background until: triton-local azure down' },
    printEnv: PRINT_ENV,
  },
  examples: ['azure up', 'azure up -d --print-env dotenv >> "$GITHUB_ENV"'],
  run: async ({ flags }) => (await import('../commands/azure.ts')).up(flags),
});

export const azureEnv = declareCommand({
  usage: 'env',
  about: 'print the variables of the running control plane',
  flags: { printEnv: PRINT_ENV },
  examples: ['azure env'],
  run: async ({ flags }) => (await import('../commands/azure.ts')).env(flags),
});

export const azureDown = declareCommand({
  usage: 'down',
  about: 'stop the control plane; endpoints keep running',
  flags: {},
  examples: ['azure down'],
  run: async () => (await import('../commands/azure.ts')).down(),
});
