import { chmod, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerEngine, pullByName } from '../../../../src/engines/index.ts';
import type { EventOf } from '../../../../src/events/index.ts';
import {
  docker,
  EventLog,
  environment,
  hasDocker,
  ownContainers,
  testImage,
  writeModel,
} from '../../../helpers/docker.ts';
import { checkoutCli, childEnvironment } from '../../../helpers/emulator-process.ts';
import { Registry, type RegistryOptions } from '../../../helpers/registry.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';
import { TestTerminal } from '../../../helpers/terminal.ts';

const MEGABYTE = 1 << 20;
const PASSWORD = 'not-to-be-told';

let home: TempFolder;
let registry: Registry | undefined;

const start = async (bytes: number, options?: RegistryOptions) => {
  registry = await Registry.start(bytes, options);
  return registry;
};

/** Docker's configuration of these tests: nothing of the machine's own. */
const own = () => ({
  ...environment,
  DOCKER_CONFIG: home.directory,
  PATH: `${home.directory}:${environment.PATH}`,
});
const configure = (config: unknown) => writeFile(home.path('config.json'), JSON.stringify(config));
const hostOf = (reference: string) => reference.split('/', 1)[0] ?? '';

const pull = (reference: string, events = new EventLog(), signal = new AbortController().signal) =>
  pullByName({ image: reference, environment: own(), events }, signal);

function progressOf({ events }: EventLog) {
  return events.filter(
    (it): it is Omit<EventOf<'engine.pull.progress'>, 'v' | 'seq' | 'time'> =>
      it.type === 'engine.pull.progress',
  );
}

/** A pull through the real daemon from a registry of ours: a daemon trusts the loopback to speak plain HTTP. */
describe.skipIf(!hasDocker)('pulling from a registry', { timeout: 120_000 }, () => {
  beforeEach(async () => {
    home = await TempFolder.create('tl-');
  });
  afterEach(async () => {
    if (registry) await docker('rmi', '-f', registry.reference).catch(() => undefined);
    await registry?.[Symbol.asyncDispose]();
    registry = undefined;
    await home[Symbol.asyncDispose]();
  });

  it('reports bytes, speed, time left and layers, none of which decreases, and pulls the image', async () => {
    const { reference, layerBytes } = await start(4 * MEGABYTE, { bytesPerSecond: 3 * MEGABYTE });
    const events = new EventLog();
    expect(await pull(reference, events)).toMatchObject({ reference, bytes: expect.any(Number) });
    expect(await docker('images', '-q', reference)).not.toBe('');
    const told = progressOf(events);
    expect(told.at(-1)).toMatchObject({
      image: reference,
      bytes: layerBytes,
      total: layerBytes,
      etaSeconds: null,
      layers: { done: 2, total: 2 },
    });
    expect(told.map(({ bytes }) => bytes)).toEqual(told.map(({ bytes }) => bytes).sort((a, b) => a - b));
    const under = told.filter(({ bytes }) => bytes > 0 && bytes < layerBytes);
    expect(under.length).toBeGreaterThan(2);
    expect(under.some(({ bytesPerSecond }) => bytesPerSecond > MEGABYTE)).toBe(true);
    expect(under.some(({ etaSeconds }) => etaSeconds !== null && etaSeconds >= 1)).toBe(true);
  });

  it.each(['basic', 'token'] as const)('logs in with what the configuration holds (%s)', async (kind) => {
    const { reference } = await start(1_000, { auth: { kind, user: 'me', password: PASSWORD } });
    const auth = Buffer.from(`me:${PASSWORD}`).toString('base64');
    await configure({ auths: { [hostOf(reference)]: { auth } } });
    await pull(reference);
    expect(await docker('images', '-q', reference)).not.toBe('');
  });

  it('logs in with what a credential helper knows', async () => {
    const { reference } = await start(1_000, { auth: { kind: 'token', user: 'me', password: PASSWORD } });
    const helper = home.path('docker-credential-test');
    await writeFile(helper, `#!/bin/sh\necho '{"Username":"me","Secret":"${PASSWORD}"}'\n`);
    await chmod(helper, 0o755);
    await configure({ credHelpers: { [hostOf(reference)]: 'test' } });
    await pull(reference);
    expect(await docker('images', '-q', reference)).not.toBe('');
  });

  it('refused, says how to log in, and no secret', async () => {
    const { reference } = await start(1_000, { auth: { kind: 'token', user: 'me', password: 'another' } });
    const auth = Buffer.from(`me:${PASSWORD}`).toString('base64');
    await configure({ auths: { [hostOf(reference)]: { auth } } });
    const events = new EventLog();
    const error = await pull(reference, events).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({
      code: 'DOCKER_PULL_FAILED',
      hint: `log in first with: docker login ${hostOf(reference)}`,
    });
    expect(JSON.stringify([error?.message, events.events])).not.toContain(PASSWORD);
  });

  it('names a tag that is not there as such', async () => {
    const { reference } = await start(1_000);
    await expect(pull(reference.replace(/:1$/, ':2'))).rejects.toMatchObject({
      code: 'DOCKER_PULL_FAILED',
      hint: 'check the name and the tag',
    });
  });

  it('notices at once that a layer is not what was promised', async () => {
    const { reference } = await start(MEGABYTE, { corrupt: true });
    const began = performance.now();
    await expect(pull(reference)).rejects.toMatchObject({
      code: 'DOCKER_PULL_FAILED',
      message: expect.stringMatching(/verification failed|unexpected EOF|digest/),
    });
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it('left for what is on this machine, serves with the Triton image that is there', async () => {
    const image = await testImage();
    const { reference } = await start(8 * MEGABYTE, { bytesPerSecond: MEGABYTE });
    await writeModel(home.path('models'), 'identity');
    const skip = new AbortController();
    const events = new EventLog();
    const options = {
      repository: home.path('models'),
      image: reference,
      gpus: 'none',
      missingImage: 'pull',
    } as const;
    const rest = { environment: own(), project: 'left', events, skipDownload: skip.signal };
    const starting = new DockerEngine({ ...options, ...rest }).start(new AbortController().signal);
    await expect
      .poll(() => progressOf(events).some(({ bytes }) => bytes > 0), { timeout: 20_000 })
      .toBe(true);
    skip.abort();
    await using running = await starting;
    expect(running.models()).toMatchObject([{ name: 'identity', state: 'READY' }]);
    expect(events.lines()).toMatch(
      new RegExp(`using .*, which is on this machine, instead of waiting for ${reference}`),
    );
    expect(await docker('inspect', '--format', '{{.Config.Image}}', running.containerId)).toMatch(
      /triton-local\//,
    );
    expect(image).toMatch(/triton-local\//);
  });

  it('left by Esc on the screen, lets the command serve with the image that is there', async () => {
    await testImage();
    const { reference } = await start(16 * MEGABYTE, { bytesPerSecond: MEGABYTE / 2 });
    await writeModel(home.path('models'), 'identity');
    const ports = ['--port', '--http-port', '--grpc-port', '--metrics-port'].flatMap((flag) => [flag, '0']);
    await using terminal = new TestTerminal({
      command: [
        ...checkoutCli,
        'up',
        home.path('models'),
        '--engine',
        'docker',
        '--image',
        reference,
        ...ports,
      ],
      cwd: home.directory,
      environment: { ...childEnvironment(home.path('home'), home.directory), DOCKER_CONFIG: home.directory },
    });
    await terminal.waitForScreen((screen) => /Esc: use what is here · pulling 127/.test(screen));
    terminal.type('\u001B');
    await terminal.waitForScreen((screen) => /● ready/.test(screen) && /identity/.test(screen));
    terminal.type('q');
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect(await ownContainers(home.path('models'))).toEqual([]);
  });

  it('ends when it is cancelled, and brings nothing', async () => {
    const { reference } = await start(8 * MEGABYTE, { bytesPerSecond: 2 * MEGABYTE });
    const abort = new AbortController();
    const events = new EventLog();
    const pulling = pull(reference, events, abort.signal);
    pulling.catch(() => undefined);
    await expect
      .poll(() => progressOf(events).some(({ bytes }) => bytes > 0), { timeout: 20_000 })
      .toBe(true);
    abort.abort();
    await expect(pulling).rejects.toThrow(/abort/i);
    expect(await docker('images', '-q', reference)).toBe('');
  });
});
