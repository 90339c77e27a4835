import { page, sentence, table } from './page.mjs';

/** Every setting as a flag, a variable and a key of the project file. */
export function settingsPage({ SETTINGS, SETTING_GROUPS, keyOf }) {
  return page({
    title: 'Settings',
    source: 'src/config/settings.ts',
    related: [
      ['Commands', 'commands.md'],
      ['Engines', '../engines.md'],
      ['The scoring service', '../scoring.md'],
    ],
    intro: [
      'The flags of `up` and `test`. Each setting is also a variable and a key of `triton-local.yaml`. Verbs that start a service, such as `model deploy` and `online-deployment create`, read the variables.',
    ],
    parts: [
      [
        '## Which value wins',
        '',
        'A flag wins over a variable, a variable over `triton-local.yaml`, the file over what is found in the folder, and that over the default.',
      ].join('\n'),
      [
        '## triton-local.yaml',
        '',
        'The file lies in the project folder. It is read again when it is saved; [Hot reload](../hot-reload.md#what-reloads-what) says which keys take effect at once.',
        '',
        '```yaml',
        'engine: docker',
        'http-port: 8100',
        'watch: false',
        'env:',
        '  LOG_LEVEL: debug',
        'triton-args: [--http-thread-count=4]',
        '```',
        '',
        'Relative paths in the file start at the project folder; relative paths in flags and variables start at the working directory. Lists are YAML lists in the file. In a variable, commas separate `K=V` pairs, line breaks separate headers, and spaces separate the arguments of Triton. A misspelt key is an error, and a misspelt `TRITON_LOCAL_*` variable is a warning.',
      ].join('\n'),
      [
        '## Other variables',
        '',
        table(
          ['Variable', 'Is'],
          [
            ['`TRITON_LOCAL_HOME`', 'The [state folder](#state-folder).'],
            [
              '`TRITON_LOCAL_KEY`',
              'The primary key that `--auth key` asks for. Without it, a key is made and kept; `triton-local keys --show` shows it.',
            ],
            ['`NO_COLOR`, `FORCE_COLOR`', 'Plain text, or colours where the output is no terminal.'],
            ['`CI`, `INK_SCREEN_READER`', 'Plain lines in place of the screen.'],
          ],
        ),
      ].join('\n'),
      [
        '## State folder',
        '',
        'Everything that is kept lies in `TRITON_LOCAL_HOME`; by default in `triton-local` below `$XDG_STATE_HOME` or `~/.local/state`, and on Windows below `%LOCALAPPDATA%`. `triton-local prune` deletes what nothing uses.',
        '',
        table(
          ['Part', 'Holds'],
          [
            ['`environments/`', 'Python environments, one for each list of packages, and the native Triton.'],
            ['`runtime/`', 'ONNX Runtime for Node.js.'],
            [
              '`workspace/`',
              'The Azure ML workspace: registered models, environments, services and endpoints.',
            ],
            ['`keys/`', 'The access keys of `--auth key`.'],
            ['`data/`', 'What scripts collected.'],
            ['`logs/`', 'Logs of emulators.'],
            ['`instances/`', 'What runs: control sockets and staged models. It is removed at the end.'],
          ],
        ),
      ].join('\n'),
      ...Object.entries(SETTING_GROUPS).map(([group, { title }]) => {
        const rows = SETTINGS.filter((setting) => setting.group === group).map((setting) => [
          `\`${setting.flag}\``,
          `\`${setting.variable}\``,
          `\`${keyOf(setting.name)}\``,
          sentence(setting.about),
          defaultOf(setting),
        ]);
        return `## ${title}\n\n${table(['Flag', 'Variable', 'Key', 'What it sets', 'Default'], rows)}`;
      }),
    ],
  });
}

function defaultOf({ fallback, defaultText }) {
  if (defaultText !== undefined) return defaultText;
  return fallback === undefined || fallback === false ? '–' : String(fallback);
}
