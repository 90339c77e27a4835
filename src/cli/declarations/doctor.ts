import { declareCommand } from '../command.ts';

export const doctor = declareCommand({
  usage: 'doctor',
  about: 'check what is installed and reachable, and show how to fix what is not',
  flags: {
    dockerHost: { flag: '--docker-host <url>', about: 'the Docker daemon to check' },
    image: { flag: '--image <ref>', about: 'the image to look for' },
    json: { flag: '--json', about: 'print JSON' },
  },
  examples: ['doctor'],
  run: async ({ flags }) => (await import('../commands/doctor.ts')).doctor(flags),
});
