import { declareCommand } from '../command.ts';

export const pull = declareCommand({
  usage: 'pull [image]',
  about:
    'download a Triton image: a release such as 24.10, azureml-21.02, any reference, or slim, which is built here',
  flags: {
    slimBase: { flag: '--slim-base <ref>', about: 'base image of slim, with Python and pip' },
    dockerHost: { flag: '--docker-host <url>', about: 'the Docker daemon to use' },
    json: { flag: '--json', about: 'print progress and result as JSON' },
  },
  examples: ['pull 24.10', 'pull slim'],
  run: async ({ args: [image], flags }) => (await import('../commands/pull.ts')).pull(image, flags),
});
