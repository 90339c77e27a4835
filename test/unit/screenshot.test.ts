import xterm from '@xterm/headless';
import { expect, it } from 'vitest';
import { svgOf } from '../../.dev/screenshot-svg.mjs';

it('draws each run of cells of one style at its place, with its colour', async () => {
  const terminal = new xterm.Terminal({ cols: 20, rows: 2, allowProposedApi: true });
  const text = 'a <b> \u001b[1;32mgreen\u001b[0m\r\n  \u001b[38;2;1;2;3mrgb\u001b[0m';
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const lines = svgOf(terminal.buffer.active, 20, 2).split('\n');
  terminal.dispose();
  expect(lines.filter((line) => line.startsWith('<text'))).toEqual([
    '<text x="16.0" y="44" textLength="50.4">a &lt;b&gt; </text>',
    '<text x="66.4" y="44" textLength="42.0" fill="#87c77b" font-weight="bold">green</text>',
    '<text x="32.8" y="63" textLength="25.2" fill="#010203">rgb</text>',
  ]);
});
