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
      'Each setting is a flag of `up` and `test`, an environment variable, and a key of `triton-local.yaml`. The `az ml` verbs that start a service, such as `model deploy` and `online-deployment create`, read the variables. `test` uses free ports and does not watch files, unless its own flags say otherwise.',
    ],
    parts: [
      [
        '## Which value wins',
        '',
        'The first of these that is given: the flag, the variable, the key in `triton-local.yaml`, what is found in the project folder, the default.',
      ].join('\n'),
      [
        '## triton-local.yaml',
        '',
        'The file belongs in the project folder. It is read again when you save it; [Hot reload](../hot-reload.md#what-reloads-what) says which keys take effect at once.',
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
        'Relative paths in the file start at the project folder; relative paths in flags and variables start at the working directory. In the file, lists are YAML lists. In a variable, commas separate `K=V` pairs, line breaks separate headers, and spaces separate the arguments of Triton; yes-or-no settings take `true` or `false`. On the command line, a flag marked `...` takes several values, so name the folder before it: `up my-project --env A=1 B=2`. An unknown key is an error, and an unknown `TRITON_LOCAL_*` variable is a warning; both suggest the right name.',
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
              'The primary key for `--auth key`, and the key that `test --url` sends. Without it, `--auth key` generates a key and keeps it; `triton-local keys --show` shows it.',
            ],
            ['`NO_COLOR`, `FORCE_COLOR`', 'No colours, or colours even if the output is not a terminal.'],
            ['`CI`, `INK_SCREEN_READER`', 'Plain lines instead of the screen.'],
          ],
        ),
      ].join('\n'),
      [
        '## State folder',
        '',
        'Everything that is kept is in the folder `TRITON_LOCAL_HOME`. The default is `triton-local` in `$XDG_STATE_HOME` or `~/.local/state`, and on Windows in `%LOCALAPPDATA%`. `triton-local prune` deletes what no running emulator uses, including the environments of projects that are stopped; their next start builds them again. `--older-than 30d` keeps what was used recently.',
        '',
        table(
          ['Part', 'Holds'],
          [
            [
              '`environments/`',
              'Python environments, one for each list of packages, and the installed `tritonserver`.',
            ],
            ['`runtime/`', 'ONNX Runtime for Node.js.'],
            [
              '`workspace/`',
              'The Azure ML workspace: registered models, environments, services and endpoints.',
            ],
            ['`keys/`', 'The access keys of `--auth key`.'],
            ['`data/`', 'The data that scripts collected.'],
            ['`logs/`', 'The logs of emulators, which `triton-local logs` prints.'],
            [
              '`instances/`',
              'The running emulators: control sockets and staged models. Each is removed when it stops.',
            ],
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
