import { declareCommand } from '../command.ts';

export const pull = declareCommand({
  usage: 'pull [image]',
  about: 'get the Triton image: a release such as 24.10, azureml-21.02, slim (built here), or any reference',
  flags: {
    slimBase: { flag: '--slim-base <ref>', about: 'image with Python and pip that slim is built on' },
    dockerHost: { flag: '--docker-host <url>', about: 'the Docker daemon to use' },
    json: { flag: '--json', about: 'progress and result as JSON' },
  },
  examples: ['pull 24.10', 'pull slim'],
  run: async ({ args: [image], flags }) => (await import('../commands/pull.ts')).pull(image, flags),
});
