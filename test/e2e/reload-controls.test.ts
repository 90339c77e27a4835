import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { connectControl } from '../../src/control/index.ts';
import { openWorkspace } from '../../src/workspace/index.ts';
import { checkoutCli, childEnvironment, EmulatorProcess } from '../helpers/emulator-process.ts';
import { peerPython } from '../helpers/python.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { runToEnd } from './digits.ts';

/** A script without models, which answers with a number; `init` is the body of its `init()`. */
const scriptOf = (number: number, init = 'pass') =>
  `import os\nimport time\n\n\ndef init():\n    ${init}\n\n\ndef run(data):\n    return {"number": ${number}}\n`;

describe.skipIf(!peerPython)('reloads', () => {
  const parts: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const part of parts.splice(0).reverse()) await part[Symbol.asyncDispose]();
  });

  async function open(script: string, args: readonly string[] = [], command?: readonly string[]) {
    const folder = await TempFolder.create('triton-local-controls-');
    parts.push(folder);
    const save = (text: string) => writeFile(folder.path('score.py'), text);
    await save(script);
    const emulator = await EmulatorProcess.start({
      projectDir: folder.directory,
      args,
      ...(command && { command }),
    });
    parts.push(emulator);
    const score = async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(emulator.urls.score, { method: 'POST', headers, body: '{}' });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    return { folder, save, emulator, score };
  }

  async function controlOf(emulator: EmulatorProcess) {
    // The socket follows a little after the readiness.
    const workspace = await openWorkspace(emulator.home);
    await expect.poll(async () => (await workspace.list()).length).toBe(1);
    const [instance] = await workspace.list();
    const control = await connectControl(instance?.controlSocket ?? '');
    parts.push(control);
    return control;
  }

  it('show how the answer to the request of --replay changed', async () => {
    const body = await TempFolder.create('triton-local-replay-');
    parts.push(body);
    await writeFile(body.path('request.json'), '{"x": 1}');
    const { save, emulator } = await open(scriptOf(1), ['--replay', body.path('request.json')]);
    expect(await emulator.waitFor('replay.pinned')).toMatchObject({ path: '/score', status: 200 });
    await save(scriptOf(2));
    const answered = await emulator.waitFor('replay.answered');
    expect(answered).toMatchObject({
      statusBefore: 200,
      status: 200,
      generation: 2,
      differences: [{ path: 'number', before: '1', after: '2' }],
      differenceCount: 1,
    });
  });

  it('send a request again that was pinned, and no more once it is let go', async () => {
    const { save, emulator, score } = await open(scriptOf(1));
    await emulator.ready();
    const control = await controlOf(emulator);
    await expect(control.pin()).rejects.toMatchObject({ code: 'REPLAY_NOTHING' });
    await score();
    await control.pin();
    expect((await control.state()).replay).toMatchObject({ method: 'POST', path: '/score', status: 200 });
    await save(scriptOf(2).replace('return', 'return 1 /'));
    expect(await emulator.waitFor('replay.answered')).toMatchObject({ statusBefore: 200, status: 500 });
    await control.unpin();
    const after = emulator.lastSeq;
    await save(scriptOf(3));
    await emulator.waitFor('reload.completed', ({ generation }) => generation === 3, { after });
    expect((await control.state()).replay).toBeNull();
    expect(emulator.events.filter(({ type }) => type === 'replay.answered')).toHaveLength(1);
  });

  it('wait while paused, and still come by hand', async () => {
    const { folder, save, emulator, score } = await open(scriptOf(1));
    await emulator.ready();
    const control = await controlOf(emulator);
    await control.pause();
    expect((await control.state()).watching).toEqual({ mode: 'paused', reason: '' });
    await save(scriptOf(2));
    const { code, stdout } = await runToEnd([...checkoutCli, 'reload'], {
      cwd: folder.directory,
      env: childEnvironment(emulator.home, emulator.temporary),
    });
    expect([code, stdout]).toEqual([0, 'generation 2 serves\n']);
    expect((await score()).body).toEqual({ number: 2 });
    await control.resume();
    await save(scriptOf(3));
    await emulator.waitFor('reload.completed', ({ generation }) => generation === 3);
  });

  it('serve nothing old with --strict-reload', async () => {
    const { save, emulator, score } = await open(scriptOf(1), ['--strict-reload']);
    await emulator.ready();
    expect((await score()).status).toBe(200);
    await save(scriptOf(2, 'raise ValueError("no weights")'));
    await emulator.waitFor('reload.failed');
    await expect.poll(score).toEqual({
      status: 503,
      body: { message: expect.stringContaining('ValueError: no weights') },
    });
    const after = emulator.lastSeq;
    await save(scriptOf(3));
    await emulator.waitFor('reload.completed', () => true, { after });
    expect(await score()).toEqual({ status: 200, body: { number: 3 } });
  });

  it('end where the script writes into its own folder as it starts, and say which file', async () => {
    const { save, emulator, score } = await open(scriptOf(1));
    await emulator.ready();
    await save(scriptOf(2, 'open("state.json", "w").write(str(time.time_ns()))'));
    const told = await emulator.waitFor('log.line', ({ text }) => /each time the script starts/.test(text));
    expect(told).toMatchObject({ level: 'warning', text: expect.stringMatching(/^state\.json /) });
    const starts = () => emulator.workerPids.length;
    await expect.poll(score).toMatchObject({ body: { number: 2 } });
    const before = starts();
    const after = emulator.lastSeq;
    await save(scriptOf(3, 'open("state.json", "w").write(str(time.time_ns()))'));
    await emulator.waitFor('reload.completed', () => true, { after });
    expect(await score()).toMatchObject({ body: { number: 3 } });
    expect(starts() - before).toBeLessThan(3);
  });

  it('apply changes to the script settings in triton-local.yaml, and report what needs a restart', async () => {
    const { folder, emulator, score } = await open(
      scriptOf(1).replace('"number": 1', '"seen": os.environ.get("SEEN")'),
    );
    await emulator.ready();
    const configure = (text: string) => writeFile(folder.path('triton-local.yaml'), text);
    await configure(
      'env: { SEEN: twice }\nworkers: 2\nauth: key\ntriton-args: [--log-verbose=1]\nlog-level: debug\n',
    );
    await emulator.waitFor('reload.completed', ({ generation }) => generation === 2);
    expect((await score()).body).toEqual({ seen: 'twice' });
    expect(
      emulator.events.filter((event) => event.type === 'worker.ready' && event.generation === 2),
    ).toHaveLength(2);
    await emulator.waitFor(
      'log.line',
      ({ text }) =>
        text === 'these changed settings take effect at the next start: auth, log-level, triton-args',
    );
    await configure('env: { SEEN: twice }\nworkers: none\n');
    const { error } = await emulator.waitFor('reload.failed');
    expect([error.file, error.line]).toEqual([folder.path('triton-local.yaml'), 2]);
    expect(error.message).toContain('whole number from 1 to 64');
  });

  it('retry by hand a script that failed at the very start and has not changed', async () => {
    const outside = await TempFolder.create('triton-local-outside-');
    parts.push(outside);
    const flag = outside.path('flag');
    const { folder, emulator } = await open(scriptOf(1, `assert os.path.exists(${JSON.stringify(flag)})`));
    await emulator.waitFor('reload.failed');
    await emulator.waitFor('reload.watching');
    const reload = () =>
      runToEnd([...checkoutCli, 'reload'], {
        cwd: folder.directory,
        env: childEnvironment(emulator.home, emulator.temporary),
      });
    await expect.poll(async () => (await reload()).stderr, { timeout: 10_000 }).toContain('AssertionError');
    await writeFile(flag, '');
    expect(await reload()).toMatchObject({ code: 0 });
    await emulator.ready();
  });

  it.skipIf(!mayLimitWatches())('come by polling where the system lets no file be watched', async () => {
    const limited = [
      'unshare',
      '-Ur',
      'sh',
      '-c',
      'echo 0 > /proc/sys/user/max_inotify_watches && exec "$@"',
    ];
    const { save, emulator, score } = await open(scriptOf(1), [], [...limited, 'sh', ...checkoutCli]);
    const watching = await emulator.waitFor('reload.watching', ({ mode }) => mode === 'polling');
    expect(watching.reason).toMatch(/limit of watched files/);
    await emulator.ready();
    await save(scriptOf(2));
    await emulator.waitFor('reload.completed');
    expect((await score()).body).toEqual({ number: 2 });
  });
});

/** Whether a namespace of its own can have other limits: Linux, where users may make one. */
function mayLimitWatches(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    execFileSync('unshare', ['-Ur', 'sh', '-c', 'echo 0 > /proc/sys/user/max_inotify_watches'], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
