import { mkdir, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkoutCli, childEnvironment, EmulatorProcess } from '../helpers/emulator-process.ts';
import { peerPython } from '../helpers/python.ts';
import { digitsSample, TempFolder } from '../helpers/temp-project.ts';
import { TestTerminal } from '../helpers/terminal.ts';
import { runToEnd } from './digits.ts';

describe('the command line', () => {
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await TempFolder.create();
    await mkdir(folder.path('project'));
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const environment = () => childEnvironment(folder.path('home'), folder.directory);
  const cli = (...args: string[]) =>
    runToEnd([...checkoutCli, ...args], { cwd: folder.path('project'), env: environment() });

  it('--help lists the commands with 0, --version the version', async () => {
    const help = await cli('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const command of ['up', 'test', 'ps', 'down'])
      expect(help.stdout).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
    const version = await cli('--version');
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('every command has a help with an example', async () => {
    for (const command of [
      'up',
      'test',
      'ps',
      'logs',
      'attach',
      'wait',
      'status',
      'reload',
      'down',
      'data',
    ]) {
      expect((await cli(command, '--help')).stdout).toMatch(/Examples?:\n.*npx triton-local/);
    }
  });

  it('an unknown flag is 2, with a suggestion', async () => {
    const { code, stderr } = await cli('up', '--enigne', 'embedded');
    expect(code).toBe(2);
    expect(stderr).toMatch(/--enigne.*\n.*--engine/s);
  });

  it('errors are JSON on stdout if JSON was requested, and text on stderr', async () => {
    for (const [args, expected] of [
      [['status', '--json'], { code: 'NOT_RUNNING', kind: 'user', hint: expect.any(String) }],
      [['down', '--jsn', '--json'], { code: 'USAGE', kind: 'user', hint: expect.stringContaining('--json') }],
      [['up', './nowhere', '--ui', 'json'], { code: 'PROJECT_NOT_FOUND', kind: 'user', file: null }],
      [['wait', '--timeout', 'long', '--json'], { code: 'CONFIG_INVALID', kind: 'user' }],
    ] as const) {
      const { stdout, stderr } = await cli(...args);
      expect(JSON.parse(stdout), args.join(' ')).toEqual({ error: expect.objectContaining(expected) });
      expect(stderr).toMatch(/error/);
    }
  });

  it('keys shows them masked, in full, and makes new ones', async () => {
    const read = async (...args: string[]) => JSON.parse((await cli('keys', '--json', ...args)).stdout);
    const before = await read('--show');
    expect((await read()).primaryKey).toBe(`${before.primaryKey.slice(0, 4)}…`);
    const after = await read('regen', '--show');
    expect(after).toMatchObject({ secondaryKey: before.secondaryKey });
    expect(after.primaryKey).not.toBe(before.primaryKey);
  });

  it('up --help is grouped, with defaults and examples', async () => {
    const { stdout } = await cli('up', '--help');
    expect(stdout).toMatch(/\nEngine:\n[\s\S]*\nAddresses:\n[\s\S]*\nExamples:\n/);
    expect(stdout).toMatch(/--port <number> +scoring port, 0 for any \(default: 6789\)/);
    for (const group of ['model', 'service', 'online-endpoint'])
      expect((await cli(group, '--help')).stdout).toMatch(/Examples?:\n/);
  });

  it('an unknown command is 2, with a suggestion', async () => {
    const { code, stderr } = await cli('upp');
    expect(code).toBe(2);
    expect(stderr).toMatch(/upp.*\bup\b/s);
  });

  it.skipIf(process.platform !== 'linux')(
    'a required installation is 3 if there is no terminal to ask on',
    async () => {
      const { code, stderr } = await cli('up', digitsSample, '--engine', 'native');
      expect(code).toBe(3);
      expect(stderr).toMatch(/Triton 2\.51\.0.*0\.5 GB.*\n.*triton-local up .* --engine native --yes/s);
    },
  );

  it.skipIf(process.platform !== 'linux')('on a terminal, the user is asked, and no is 5', async () => {
    await using terminal = new TestTerminal({
      command: [...checkoutCli, 'up', digitsSample, '--engine', 'native'],
      cwd: folder.path('project'),
      environment: environment(),
    });
    await terminal.waitForScreen(/Triton 2\.51\.0[\s\S]*Install it\? \[y\/N\]/);
    terminal.type('n\r');
    expect(await terminal.exited).toMatchObject({ code: 5 });
    expect(terminal.history()).toContain('--tritonserver');
  });

  it('a wrong value is 2 and names the flag', async () => {
    const { code, stderr } = await cli('up', digitsSample, '--port', 'eight');
    expect(code).toBe(2);
    expect(stderr).toContain('--port');
  });

  it('a folder with neither models nor script is 2, naming what was looked for', async () => {
    const { code, stderr } = await cli('up');
    expect(code).toBe(2);
    expect(stderr).toMatch(/models/);
    expect(stderr).toMatch(/score\.py|script/);
  });

  it('a folder that is not there is 2', async () => {
    expect((await cli('up', './nowhere')).code).toBe(2);
  });

  it('a taken port is 5, naming port and process', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { port } = server.address() as net.AddressInfo;
      const models = path.join(digitsSample, 'models/triton');
      const { code, stderr } = await cli(
        'up',
        models,
        '--ui',
        'plain',
        '--port',
        '0',
        '--http-port',
        String(port),
      );
      expect(code).toBe(5);
      expect(stderr).toContain(String(port));
      if (process.platform === 'linux') expect(stderr).toContain(String(process.pid));
    } finally {
      server.close();
    }
  });

  describe('without any Python', () => {
    let bare: NodeJS.ProcessEnv;
    beforeEach(async () => {
      await mkdir(folder.path('bin'));
      await symlink(process.execPath, folder.path('bin/node'));
      const { TRITON_LOCAL_PYTHON: _, ...rest } = environment();
      bare = { ...rest, PATH: folder.path('bin') };
    });

    it('a script is 5, with the command that fixes it', async () => {
      const args = [
        'up',
        digitsSample,
        '--ui',
        'plain',
        '--port',
        '0',
        '--http-port',
        '0',
        '--engine',
        'embedded',
      ];
      const { code, stderr } = await runToEnd([...checkoutCli, ...args], {
        cwd: folder.directory,
        env: bare,
      });
      expect(code).toBe(5);
      expect(stderr).toMatch(/python/i);
      expect(stderr).toMatch(/install|--python/);
    });

    it('a no-code start still works', async () => {
      await using emulator = await EmulatorProcess.startReady({
        projectDir: path.join(digitsSample, 'models/triton'),
        cwd: folder.directory,
        environment: { PATH: folder.path('bin'), TRITON_LOCAL_PYTHON: '' },
      });
      const { scoring } = emulator.urls;
      expect((await fetch(`${scoring}/v2/models/digits/ready`)).status).toBe(200);
      expect(await emulator.stop()).toMatchObject({ code: 143, leftovers: [] });
    });
  });

  it.skipIf(!peerPython)(
    'a script whose first init() fails is 1 without watching, with its traceback',
    async () => {
      await writeFile(
        folder.path('project/score.py'),
        'def init():\n    raise ValueError("no weights")\ndef run(d): pass\n',
      );
      const args = [
        'up',
        '--ui',
        'plain',
        '--no-watch',
        '--port',
        '0',
        '--http-port',
        '0',
        '--engine',
        'embedded',
      ];
      const { code, stdout, stderr } = await cli(...args);
      expect(code).toBe(1);
      expect(stdout + stderr).toMatch(/score\.py.*2/s);
      expect(stdout + stderr).toContain('no weights');
    },
  );
});
