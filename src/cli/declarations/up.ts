import { instanceName } from '../../config/index.ts';
import { declareCommand } from '../command.ts';

export const up = declareCommand({
  usage: 'up [dir]',
  about: 'start a project and reload it on every save',
  takesSettings: true,
  flags: {
    detach: { flag: '-d, --detach', about: 'start in the background, and return when the project is ready' },
    id: {
      flag: '--id <name>',
      about: 'start another emulator for this project, under this name',
      parse: instanceName,
    },
    eventLog: { flag: '--event-log <file>', about: 'what -d starts', hidden: true },
    settingsStdin: {
      flag: '--settings-stdin',
      about: 'settings that may be secrets, as JSON on standard input',
      hidden: true,
    },
    keyFile: { flag: '--key-file <file>', about: 'the keys of a deployed service', hidden: true },
  },
  examples: [
    'up sample-models/digits --port 6789',
    'up --engine docker --gpus all',
    'up -d --auth key && npx triton-local keys --show',
  ],
  run: async ({ args: [directory], flags, settings }) =>
    (await import('../commands/up.ts')).up(directory, settings, flags),
});
