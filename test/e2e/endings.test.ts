import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmulatorProcess } from '../helpers/emulator-process.ts';
import { processesWithHome } from '../helpers/leftovers.ts';
import { peerPython } from '../helpers/python.ts';
import { TempFolder } from '../helpers/temp-project.ts';
import { DigitsProject } from './digits.ts';

describe.skipIf(!peerPython)('however it ends', () => {
  let project: DigitsProject;
  beforeEach(async () => {
    project = await DigitsProject.create();
  });
  afterEach(() => project[Symbol.asyncDispose]());

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends it with %i and nothing is left running', async (signal, code) => {
    await using emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
    expect(await emulator.stop(signal)).toEqual({ code, signal: null, leftovers: [] });
  });

  it('a signal while it starts ends it too, and nothing is left running', async () => {
    await using emulator = await EmulatorProcess.start({ projectDir: project.directory });
    await emulator.waitFor('engine.starting');
    const end = await emulator.stop('SIGTERM');
    expect(end).toMatchObject({ code: 143, leftovers: [] });
    expect(emulator.events.at(-1)).toMatchObject({ type: 'emulator.stopped', exitCode: 143 });
  });

  it('a failed start reports the exit status of the process', async () => {
    await using emulator = await EmulatorProcess.start({
      projectDir: project.directory,
      args: ['--engine', 'native', '--tritonserver', '/nowhere/tritonserver'],
    });
    expect(await emulator.exited).toEqual({ code: 5, signal: null });
    const [stopped, error] = emulator.events.slice(-2);
    expect(stopped).toMatchObject({ type: 'emulator.stopped', exitCode: 5 });
    expect(error).toMatchObject({ error: { code: 'ENGINE_UNAVAILABLE' } });
    expect(await emulator.leftovers()).toEqual([]);
  });

  it('the same signal delivered twice at once, as npm does, still ends it cleanly', async () => {
    await using emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
    emulator.kill('SIGINT');
    const end = await emulator.stop('SIGINT');
    expect(end).toEqual({ code: 130, signal: null, leftovers: [] });
    expect(emulator.events.at(-1)).toMatchObject({ type: 'emulator.stopped' });
  });

  it('a request that runs when it is asked to end is answered first', async () => {
    const slow = 'import time\ndef init(): pass\ndef run(data):\n    time.sleep(1)\n    return "done"\n';
    await project.saveScript(slow);
    await using emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
    const pending = fetch(emulator.urls.score, { method: 'POST', body: '{}' });
    const isBusy = async () => {
      const status = await fetch(`${emulator.urls.scoring}/_triton-local/status`);
      return ((await status.json()) as { workers: { busy: boolean }[] }).workers.some(({ busy }) => busy);
    };
    await expect.poll(isBusy, { interval: 20 }).toBe(true);
    const stopping = emulator.stop('SIGTERM');
    const answer = await pending;
    expect([answer.status, await answer.json()]).toEqual([200, 'done']);
    expect(await stopping).toMatchObject({ code: 143, leftovers: [] });
  });

  it('a script that never returns does not hold it', async () => {
    await project.saveScript('import time\ndef init(): pass\ndef run(data):\n    time.sleep(3600)\n');
    await using emulator = await EmulatorProcess.startReady({ projectDir: project.directory });
    const pending = fetch(emulator.urls.score, { method: 'POST', body: '{}' }).catch(() => undefined);
    await emulator.waitFor('worker.ready');
    const began = performance.now();
    expect(await emulator.stop('SIGTERM')).toMatchObject({ code: 143, leftovers: [] });
    expect(performance.now() - began).toBeLessThan(15_000);
    await pending;
  });

  it('kill -9 leaves no worker and no port, and the next start sweeps the state folder', async () => {
    await using folder = await TempFolder.create('triton-local-home-');
    const options = { projectDir: project.directory, home: folder.directory };
    {
      await using killed = await EmulatorProcess.startReady(options);
      const processes = await processesWithHome(folder.directory);
      expect(processes.length).toBeGreaterThanOrEqual(process.platform === 'linux' ? 2 : 0);
      const { leftovers } = await killed.stop('SIGKILL');
      expect(leftovers.filter((what) => !/^(state|temporary) file/.test(what))).toEqual([]);
    }
    await using next = await EmulatorProcess.startReady(options);
    expect(await next.stop('SIGTERM')).toMatchObject({ code: 143, leftovers: [] });
  });
});
