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
      '`triton-local up` shows its screen on a terminal, and `attach` shows the screen of an emulator that runs already. Keys work in upper and lower case. `^` stands for Ctrl.',
    ],
    parts: [
      `## Keys\n\n${table(['Key', 'Does'], rows([quit, ...others]))}`,
      `## Under \`attach\`\n\nAll keys are the same but one: \`q\` leaves the emulator running.\n\n${table(['Key', 'Does'], rows([detach]))}`,
      [
        '## Without a screen',
        '',
        'Where the output is no terminal, with `TERM=dumb`, in CI, and with `INK_SCREEN_READER=true`, plain lines are printed instead. `--ui plain` asks for them, `--ui json` prints [events](events.md).',
      ].join('\n'),
    ],
  });
}
