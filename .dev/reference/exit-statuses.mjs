import { page, table } from './page.mjs';

/** The exit statuses, and the error codes behind each. */
export function exitStatusesPage({ EXIT, EXIT_MEANINGS, ERROR_CATALOGUE }) {
  const entries = Object.values(ERROR_CATALOGUE).flatMap((topic) => Object.entries(topic));
  const codesOf = (status) =>
    entries.filter(([, { exit }]) => exit === status).map(([code]) => `\`${code}\``);
  const statuses = Object.entries(EXIT).map(([name, status]) => [status, EXIT_MEANINGS[name]]);
  return page({
    title: 'Exit statuses',
    source: 'src/cli/exit-codes.ts and src/cli/error-catalogue.ts',
    related: [
      ['Errors', 'errors.md'],
      ['Commands', 'commands.md'],
    ],
    intro: [
      'Every command ends with one of these statuses. If a signal ends it, the status is 128 plus the number of the signal. `exec` ends with the status of the command that it ran.',
    ],
    parts: [
      `## The statuses\n\n${table(
        ['Status', 'Means'],
        [...statuses, [130, 'Ended by Ctrl+C (SIGINT).'], [143, 'Ended by SIGTERM.']],
      )}`,
      `## Error codes by status\n\n${table(
        ['Status', 'Error codes'],
        statuses.map(([status]) => [status, codesOf(status).join(', ')]).filter(([, codes]) => codes !== ''),
      )}`,
      'Status 6 has no error code: the report of `test` names each request that failed. [Errors](errors.md) explains every code.',
    ],
  });
}
