import { page, table } from './page.mjs';

/** The keys of the screen. */
export function keysPage({ keyHelp }) {
  const rows = (keys) => keys.map(({ key, does }) => [`\`${key}\``, does]);
  const [quit, ...others] = keyHelp('stop');
  const [detach] = keyHelp('detach');
  return page({
    title: 'Keys of the screen',
    source: 'src/ui/tui/keys.ts',
    related: [
      ['Hot reload', '../hot-reload.md'],
      ['Commands', 'commands.md'],
    ],
    intro: [
      'On a terminal, `triton-local up` shows a screen, and `attach` shows the screen of an emulator that is already running. Upper and lower case are the same. `^` stands for Ctrl.',
    ],
    parts: [
      `## Keys\n\n${table(['Key', 'Does'], rows([quit, ...others]))}`,
      `## Under \`attach\`\n\nAll keys are the same except \`q\`, which leaves the emulator running.\n\n${table(['Key', 'Does'], rows([detach]))}`,
      [
        '## Without a screen',
        '',
        'If the output is not a terminal, with `TERM=dumb`, in CI, and with `INK_SCREEN_READER=true`, plain lines are printed instead. `--ui plain` prints them anywhere, and `--ui json` prints [events](events.md).',
      ].join('\n'),
    ],
  });
}
