/** `--id` of the commands that act on a running emulator. */
export const ID_FLAG = {
  flag: '--id <name>',
  about: 'the emulator that up --id named, or that ps lists with this id',
} as const;
