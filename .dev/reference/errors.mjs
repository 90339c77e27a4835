import { page, table } from './page.mjs';

/** Every error code by topic, with its exit status and remedy. */
export function errorsPage({ ERROR_CATALOGUE }) {
  return page({
    title: 'Errors',
    source: 'src/cli/error-catalogue.ts',
    related: [
      ['Troubleshooting', '../troubleshooting.md'],
      ['Exit statuses', 'exit-statuses.md'],
      ['Events', 'events.md'],
    ],
    intro: [
      'Every error has a code that does not change between releases. An error says on stderr what happened, where, and what to do. With `--json` or `--ui json`, the error is also one line on stdout:',
      [
        '```json',
        '{"error":{"code":"PORT_TAKEN","kind":"system","message":"port 6789 (scoring) is already in use by node (process 4711)","hint":"end that process, or choose another port (0 takes any free one)","file":null,"line":null,"column":null}}',
        '```',
      ].join('\n'),
      '`kind` is `user` if the input is wrong, and `system` if the cause is the machine or triton-local itself. In the tables, `either` means that it depends on the case. If the error is in a file, `file`, `line` and `column` name the place; otherwise they are null.',
    ],
    parts: Object.entries(ERROR_CATALOGUE).map(([topic, entries]) => {
      const rows = Object.entries(entries).map(([code, { kind, exit, about, remedy }]) => [
        `\`${code}\``,
        kind,
        exit,
        about,
        remedy,
      ]);
      return `## ${topic}\n\n${table(['Code', 'Fault', 'Exit', 'What happened', 'What to do'], rows)}`;
    }),
  });
}
