/** `--id` of the commands that act on a running emulator. */
export const ID_FLAG = {
  flag: '--id <name>',
  about: 'the one that up --id named, or that ps lists by this id',
} as const;
