/** `--id` of the commands that act on a running emulator. */
export const ID_FLAG = {
  flag: '--id <name>',
  about: 'act on the emulator with this name or id (see up --id and ps)',
} as const;
