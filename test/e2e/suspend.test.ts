import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkoutCli, childEnvironment } from '../helpers/emulator-process.ts';
import { repositoryRoot, TempFolder } from '../helpers/temp-project.ts';
import { TestTerminal } from '../helpers/terminal.ts';

const MODELS = path.join(repositoryRoot, 'sample-models/digits/models');

/** A shell with job control in a terminal, with the commands of this checkout. */
async function openShell(folder: TempFolder, variables: Readonly<Record<string, string>> = {}) {
  await Promise.all([mkdir(folder.path('home')), mkdir(folder.path('tmp'))]);
  await cp(MODELS, folder.path('project/models'), { recursive: true });
  return new TestTerminal({
    command: ['/bin/bash', '--norc', '--noprofile', '-i'],
    cwd: folder.path('project'),
    environment: { ...childEnvironment(folder.path('home'), folder.path('tmp')), PS1: '$ ', ...variables },
  });
}

const up = `${checkoutCli.join(' ')} up . --engine embedded --port 0 --http-port 0\r`;

// Windows has no such signals.
describe.skipIf(process.platform === 'win32')('the screen and the shell', () => {
  it('is given back by Ctrl+Z and taken over again by fg, twice', async () => {
    await using folder = await TempFolder.create('triton-local-suspend-');
    await using terminal = await openShell(folder);
    terminal.type(up);
    await terminal.waitForScreen(/● ready/);
    for (let round = 0; round < 2; round += 1) {
      terminal.type('\x1a');
      await terminal.waitForScreen((screen) => /Stopped/.test(screen) && !/● ready/.test(screen));
      terminal.type('echo typed at the shell\r');
      await terminal.waitForScreen(/^typed at the shell$/m);
      terminal.type('fg\r');
      await terminal.waitForScreen((screen) => /● ready/.test(screen) && !/typed at the shell/.test(screen));
      terminal.type('?');
      await terminal.waitForScreen(/── help/);
      terminal.type('\x1b');
      await terminal.waitForScreen(/── log/);
    }
    terminal.type('q');
    await terminal.waitForScreen(/triton-local ran /);
    terminal.type('exit\r');
    expect(await terminal.exited).toMatchObject({ code: 0 });
  });

  it('gives a screen reader plain lines', async () => {
    await using folder = await TempFolder.create('triton-local-reader-');
    await using terminal = await openShell(folder, { INK_SCREEN_READER: 'true' });
    terminal.type(up);
    await terminal.waitForScreen(/^ready +in /m);
    expect(terminal.bytes).not.toContain('\x1b[?1049h');
    terminal.type('\x03');
    await terminal.waitForScreen(/stopped +exit code 130/);
    terminal.type('exit\r');
    await terminal.exited;
  });
});
