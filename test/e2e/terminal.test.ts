import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { childEnvironment } from '../helpers/emulator-process.ts';
import { freePort } from '../helpers/free-port.ts';
import { findLeftovers, processesWithHome } from '../helpers/leftovers.ts';
import { peerPython } from '../helpers/python.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { TestTerminal } from '../helpers/terminal.ts';
import { DigitsProject, readHeldOut, score } from './digits.ts';

// Windows has other pseudo-terminals; what is tested here is the same program there.
describe.skipIf(!peerPython || process.platform === 'win32')('npx triton-local up in a real terminal', () => {
  let project: DigitsProject;
  let folder: TempFolder;
  let terminal: TestTerminal;
  let ports: { port: number; httpPort: number };

  beforeEach(async () => {
    project = await DigitsProject.create();
    folder = await TempFolder.create('triton-local-terminal-');
    await Promise.all([mkdir(folder.path('home')), mkdir(folder.path('tmp'))]);
    ports = { port: await freePort(), httpPort: await freePort() };
    const sides = ['--grpc-port', '0', '--metrics-port', '0'];
    const given = ['--port', String(ports.port), '--http-port', String(ports.httpPort), ...sides];
    terminal = new TestTerminal({
      command: ['npx', 'triton-local', 'up', project.directory, '--engine', 'embedded', ...given],
      cwd: inject('installFolder'),
      environment: childEnvironment(folder.path('home'), folder.path('tmp')),
    });
    await terminal.waitForScreen((screen) => screen.includes(`:${ports.port}`) && /READY/.test(screen));
  });

  afterEach(async () => {
    await terminal[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const leftovers = async () =>
    findLeftovers({
      home: folder.path('home'),
      temporary: folder.path('tmp'),
      ports: [ports.port, ports.httpPort],
      pids: await processesWithHome(folder.path('home')),
    });

  it('shows engine, addresses, model and generation, and follows an edit and an error', async () => {
    const screen = terminal.screen();
    expect(screen).toMatch(/embedded/);
    expect(screen).toContain(`:${ports.port}`);
    expect(screen).toContain(`:${ports.httpPort}`);
    expect(screen).toMatch(/digits.*READY|READY.*digits/);

    const { images, labels } = await readHeldOut();
    expect(await score(`http://127.0.0.1:${ports.port}/score`, images[0] ?? [])).toMatchObject({
      digit: labels[0],
    });

    const line = await project.saveBroken();
    await terminal.waitForScreen(new RegExp(`score\\.py:${line}\\b`));
    await project.saveEdition('two');
    await terminal.waitForScreen((now) => !/\bstale\b/i.test(now));
  });

  it('keeps within a small window, and shows the same after a resize', async () => {
    terminal.resize(60, 15);
    await terminal.waitForScreen(/READY/);
    terminal.resize(120, 40);
    await terminal.waitForScreen(/READY/);
    expect(terminal.bytes).not.toContain('\x1b[3J');
  });

  it('ends on Ctrl+C with 130, restores the cursor, and cleans up', async () => {
    terminal.type('\x03');
    expect(await terminal.exited).toMatchObject({ code: 130 });
    expect(terminal.bytes.lastIndexOf('\x1b[?25h')).toBeGreaterThanOrEqual(
      terminal.bytes.lastIndexOf('\x1b[?25l'),
    );
    expect(await leftovers()).toEqual([]);
  });

  it('ends on q with 0, and cleans up', async () => {
    terminal.type('q');
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect(await leftovers()).toEqual([]);
  });

  it('ends when its window is closed, and cleans up', async () => {
    terminal.close();
    await terminal.exited;
    expect(await leftovers()).toEqual([]);
  });
});
