import { age } from '../../config/index.ts';
import { declareCommand } from '../command.ts';

export const prune = declareCommand({
  usage: 'prune',
  about: 'delete environments, runtimes, logs, uploads and leftovers that no running emulator uses',
  flags: {
    olderThan: {
      flag: '--older-than <age>',
      about: 'only what has not been used for this long, such as 30d or 12h',
      parse: age,
      fallback: 0,
    },
    data: { flag: '--data', about: 'also the data that scripts collected; nothing can recreate it' },
    images: {
      flag: '--images',
      about: 'also the slim images that no container uses; others may share the Docker daemon',
    },
    elsewhere: {
      flag: '--elsewhere',
      about:
        'also folders of emulators on other hosts or in other containers; use it only if those have ended',
    },
    dryRun: { flag: '--dry-run', about: 'only show what would be deleted' },
    json: { flag: '--json', about: 'print JSON' },
  },
  examples: ['prune --older-than 30d --dry-run'],
  run: async ({ flags }) => (await import('../commands/prune.ts')).prune(flags),
});
