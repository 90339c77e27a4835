/** Exit statuses of every command (DESIGN: command line). Signals add 128 to their number. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unanswered: 3,
  timedOut: 4,
  prerequisite: 5,
  testsFailed: 6,
} as const;
