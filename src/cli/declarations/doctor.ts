import { declareCommand } from '../command.ts';

export const doctor = declareCommand({
  usage: 'doctor',
  about: 'show what is installed, reachable and broken, and how to fix it',
  flags: {
    dockerHost: { flag: '--docker-host <url>', about: 'the Docker daemon to check' },
    image: { flag: '--image <ref>', about: 'the image to look for' },
    json: { flag: '--json', about: 'as JSON' },
  },
  examples: ['doctor'],
  run: async ({ flags }) => (await import('../commands/doctor.ts')).doctor(flags),
});
