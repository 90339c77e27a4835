import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { InstanceRecord } from '../../src/workspace/index.ts';
import { checkoutCli, childEnvironment } from '../helpers/emulator-process.ts';
import { findLeftovers, processesWithHome } from '../helpers/leftovers.ts';
import { peerPython } from '../helpers/python.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { DigitsProject, readHeldOut, runToEnd, score } from './digits.ts';

const UP = ['up', '-d', '--engine', 'embedded', '--port', '0', '--http-port', '0'];

describe.skipIf(!peerPython)('an emulator apart from its terminal', () => {
  let project: DigitsProject;
  let folder: TempFolder;
  beforeEach(async () => {
    project = await DigitsProject.create();
    folder = await TempFolder.create();
    await mkdir(folder.path('tmp'));
  });
  afterEach(async () => {
    await cli('down', '--all');
    const traces = { home: folder.path('home'), temporary: folder.path('tmp'), ports: [], pids: [] };
    expect(await findLeftovers(traces)).toEqual([]);
    await folder[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  });

  const options = () => ({
    cwd: project.directory,
    env: childEnvironment(folder.path('home'), folder.path('tmp')),
  });
  const cli = (...args: string[]) => runToEnd([...checkoutCli, ...args], options());
  const running = async (): Promise<InstanceRecord[]> => JSON.parse((await cli('ps', '--json')).stdout);

  it('is ready when -d returns, prints where it runs, and is stopped by down', async () => {
    const { code, stdout } = await cli(...UP);
    expect(code).toBe(0);
    const [instance] = await running();
    expect(stdout).toContain(`scoring  ${instance?.scoringUri}\n`);
    expect(stdout).toContain(`process ${instance?.pid}\n`);
    const [image = []] = (await readHeldOut()).images;
    expect(await score(instance?.scoringUri ?? '', image)).toHaveProperty('digit');
    expect((await cli('down')).code).toBe(0);
    expect(await running()).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'survives the hang-up of the terminal that started it',
    async () => {
      const [program = '', ...args] = [...checkoutCli, ...UP];
      const shell = spawn(program, args, { ...options(), detached: true, stdio: 'ignore' });
      await new Promise((resolve) => shell.once('exit', resolve));
      const pid = shell.pid ?? 0;
      try {
        process.kill(-pid, 'SIGHUP');
      } catch {
        // Nobody is left in the terminal's group: that is the point.
      }
      expect((await cli('wait', '--timeout', '20')).stdout).toMatch(/^ready: http/);
    },
  );

  it('shows its log while it runs and after its end, and follows it', async () => {
    await cli(...UP);
    const whole = await cli('logs');
    expect(whole.stdout).toMatch(/^ready +in/m);
    const events = (await cli('logs', '--json')).stdout.trim().split('\n');
    expect(events.map((line) => JSON.parse(line).type)).toContain('emulator.ready');
    expect((await cli('logs', '--lines', '2', '--json')).stdout.trim().split('\n')).toEqual(events.slice(-2));

    const [program = '', ...args] = [...checkoutCli, 'logs', '--follow'];
    const follower = spawn(program, args, { ...options(), stdio: ['ignore', 'pipe', 'ignore'] });
    let told = '';
    const seen = new Promise<void>((resolve) => {
      follower.stdout.on('data', (chunk: Buffer) => {
        told += chunk;
        if (/^request/m.test(told)) resolve();
      });
    });
    await expect.poll(() => told).toMatch(/^ready/m);
    const [instance] = await running();
    await fetch(instance?.scoringUri ?? '', { method: 'POST', body: '{}' });
    await seen;
    const ended = new Promise((resolve) => follower.once('exit', resolve));
    await cli('down');
    expect(await ended).toBe(0);
    expect(told.match(/^ready/gm)).toHaveLength(1);
    expect((await cli('logs')).stdout).toMatch(/^stopped/m);
  });

  it('shows its screen in another terminal, which may be left', async () => {
    await cli(...UP);
    const [program = '', ...args] = [...checkoutCli, 'attach', '--ui', 'json'];
    const attached = spawn(program, args, { ...options(), stdio: ['ignore', 'pipe', 'ignore'] });
    const first = await new Promise<string>((resolve) =>
      attached.stdout.once('data', (it) => resolve(`${it}`)),
    );
    expect(first).toContain('"emulator.starting"');
    attached.kill('SIGINT');
    await new Promise((resolve) => attached.once('exit', resolve));
    expect(await running()).toHaveLength(1);
  });

  it('does not start where the script fails, and says why with file and line', async () => {
    await project.saveScript('def init():\n    raise ValueError("no weights")\ndef run(d): pass\n');
    const { code, stderr } = await cli(...UP);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no weights/);
    expect(stderr).toMatch(/score\.py:2/);
    expect(await running()).toEqual([]);
  });

  it('is the only one of its folder unless another is started by name', async () => {
    await cli(...UP);
    const [first] = await running();
    const second = await cli(...UP);
    expect([second.code, second.stderr]).toEqual([
      5,
      expect.stringMatching(/ALREADY_RUNNING.*attach.*--id/s),
    ]);
    expect((await cli('up', '--ui', 'plain', ...UP.slice(2))).code).toBe(5);
    expect((await cli(...UP, '--id', 'other')).code).toBe(0);
    const [, other] = await running();
    expect(other).toMatchObject({
      name: 'other',
      eventLog: expect.not.stringMatching(first?.eventLog ?? ''),
    });
    expect((await cli('down')).stderr).toContain('--id: ');
    expect((await cli('down', '--id', 'other')).code).toBe(0);
    expect((await cli('logs', '--id', 'other')).stdout).toMatch(/^stopped/m);
    expect((await cli('down')).code).toBe(0);
  });

  it('is touched by no command in the folder of another project', async () => {
    await cli(...UP);
    const elsewhere = { ...options(), cwd: folder.path('tmp') };
    for (const command of [['down'], ['status'], ['reload'], ['logs'], ['wait', '--timeout', '0.3']]) {
      const { code, stderr } = await runToEnd([...checkoutCli, ...command], elsewhere);
      expect([command[0], code]).toEqual([command[0], command[0] === 'wait' ? 4 : 1]);
      expect(stderr).toContain(`runs for ${folder.path('tmp')}`);
    }
    expect(await running()).toHaveLength(1);
    expect((await runToEnd([...checkoutCli, 'down', project.directory], elsewhere)).code).toBe(0);
  });

  it('does not start if a port is taken: 5, as in the foreground', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as net.AddressInfo;
    const taken = await cli('up', '-d', '--engine', 'embedded', '--port', String(port), '--http-port', '0');
    server.close();
    expect(taken.code).toBe(5);
    expect(taken.stderr).toContain(`port ${port}`);
  });

  it('stays up with a model that fails, and -d says so with 1', async () => {
    await project.saveScript('def init(): pass\ndef run(d): pass\n');
    await writeFile(path.join(project.model, 'config.pbtxt'), 'max_batch_size: -3\n');
    const { code, stdout } = await cli(...UP);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/not ready: a model failed/)]);
    expect(await running()).toHaveLength(1);
    const late = await cli('wait', '--timeout', '0.3');
    expect(late.code).toBe(4);
  });

  it.each([
    ['interrupted', 'SIGINT', 130],
    ['killed', 'SIGKILL', null],
  ] as const)('ends with -d when that is %s while it starts', async (_how, signal, code) => {
    await project.saveScript('import time\ndef init(): time.sleep(60)\ndef run(d): pass\n');
    const [program = '', ...args] = [...checkoutCli, ...UP];
    const child = spawn(program, args, { ...options(), stdio: 'ignore' });
    const processes = async () => (await processesWithHome(folder.path('home'))).length;
    await expect.poll(processes, { timeout: 10_000 }).toBeGreaterThan(2);
    child.kill(signal);
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(code);
    await expect.poll(processes, { timeout: 10_000 }).toBe(0);
  });
});
