/** Exit statuses of every command. Signals add 128 to their number. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unanswered: 3,
  timedOut: 4,
  prerequisite: 5,
  testsFailed: 6,
} as const;

/** What each status means; `docs/reference/exit-statuses.md` is generated from it. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Success.',
  failed: 'The command failed.',
  usage: 'Wrong usage: an unknown flag, an invalid value, or a folder without a project.',
  unanswered:
    'The command needs your consent, and there is no terminal on which to ask for it. `--yes` gives it.',
  timedOut: 'Something was not ready in time.',
  prerequisite:
    'Something is missing or too old on this machine (Docker, a GPU, Python, a package), a port is taken, or the project is already running.',
  testsFailed: 'An answer differs from what `test` expects.',
};
