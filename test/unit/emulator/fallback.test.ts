import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toTritonLocalError } from '../../../src/base/index.ts';
import { exitCodeOf } from '../../../src/cli/error-catalogue.ts';
import { resolveProject } from '../../../src/config/index.ts';
import { startEngine } from '../../../src/emulator/engine-start.ts';
import { type EmulatorEvent, EventBus, RequestHistory } from '../../../src/events/index.ts';
import { snapshotProject } from '../../../src/reload/index.ts';
import { UserPaths } from '../../../src/repository/index.ts';
import { ANSWERS, type DaemonAnswers, DEFAULT_IMAGE, FakeDaemons, Reply } from '../../helpers/fake-docker.ts';
import { TempFolder } from '../../helpers/temp-project.ts';

let folder: TempFolder;
let daemons: FakeDaemons;
beforeEach(async () => {
  folder = await TempFolder.create('tl-');
  daemons = new FakeDaemons();
  await mkdir(folder.path('project'));
  await writeFile(folder.path('project/score.py'), 'def init(): pass\ndef run(data): return data\n');
});
afterEach(async () => {
  await daemons[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** A daemon whose containers are refused in these words when they start. */
const refusing = (message: string, info: object): DaemonAnswers => ({
  ...ANSWERS,
  '/info': { OSType: 'linux', Runtimes: { runc: {} }, ...info },
  '/containers/json': [],
  '/containers/create': new Reply(201, { Id: 'x', Warnings: [] }),
  '/containers/x/start': new Reply(500, { message }),
  '/containers/x/stop': new Reply(304, ''),
  '/containers/x': new Reply(204, ''),
});
const NVIDIA = { Runtimes: { runc: {}, nvidia: {} } };

/** What a machine lacks: its daemon, the message of `auto`, and the code and message if docker was requested. */
const MACHINES: Readonly<Record<string, readonly [DaemonAnswers | undefined, RegExp, string, RegExp]>> = {
  'no NVIDIA runtime': [
    refusing('could not select device driver "" with capabilities: [[gpu]]', {}),
    /the Docker daemon provides no GPU|docker: .*could not select device driver/,
    'DOCKER_GPU_UNAVAILABLE',
    /nvidia-ctk runtime configure/,
  ],
  'no driver': [
    refusing('nvidia-container-cli: initialization error: nvml error: driver not loaded', NVIDIA),
    /docker: Docker cannot give the container a GPU: nvidia-container-cli.*driver not loaded/,
    'DOCKER_GPU_UNAVAILABLE',
    /--gpus none/,
  ],
  'no GPU': [
    refusing('nvidia-container-cli: device error: 0: unknown device', NVIDIA),
    /docker: Docker cannot give the container a GPU: .*unknown device/,
    'DOCKER_GPU_UNAVAILABLE',
    /--gpus none/,
  ],
  'no CDI device': [
    refusing('CDI device injection failed: unresolvable CDI devices nvidia.com/gpu=all', {
      DiscoveredDevices: [{ ID: 'nvidia.com/gpu=all' }],
    }),
    /docker: Docker cannot give the container a GPU: CDI device injection failed/,
    'DOCKER_GPU_UNAVAILABLE',
    /nvidia-ctk cdi generate/,
  ],
  'no daemon': [undefined, /docker: there is no Docker daemon on this machine/, 'DOCKER_UNAVAILABLE', /.+/],
  'no image and no network': [
    {
      ...ANSWERS,
      '/containers/json': [],
      [DEFAULT_IMAGE]: new Reply(404, { message: 'No such image' }),
      '/images/create': '{"error":"Get \\"https://nvcr.io/v2/\\": dial tcp: lookup nvcr.io: no such host"}\n',
    },
    /docker: the image nvcr\.io.* is not there \(triton-local pull nvcr\.io.* gets it, 8 to 20 GB\)/,
    'DOCKER_PULL_FAILED',
    /check the network/,
  ],
};

async function start(answers: DaemonAnswers | undefined, flags: Readonly<Record<string, string>>) {
  const socket = folder.path('docker.sock');
  if (answers) await daemons.listen(socket, answers);
  const config = await resolveProject({
    directory: folder.path('project'),
    flags: { httpPort: '0', ...flags },
    variables: {
      HOME: folder.directory,
      PATH: '/nowhere',
      TRITON_LOCAL_HOME: folder.path('home'),
      DOCKER_HOST: `unix://${socket}`,
    },
  });
  const events = new EventBus();
  const seen: EmulatorEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const initial = await snapshotProject(config);
  const skip = new AbortController();
  const stagedRepository = folder.path('staged');
  const paths = new UserPaths(stagedRepository, initial.repository, config.projectDir);
  const sync = { begin: async () => ({ end: async () => {} }) };
  const options = {
    config,
    models: [...(initial.repository?.models.values() ?? [])],
    stagedRepository,
    sharedMemoryPrefix: 'triton-local-test-',
    paths,
    sync,
    runtimePaths: [],
    uses: async () => undefined,
    skipDownload: skip.signal,
    events,
    requests: new RequestHistory(events),
  };
  return { seen, skip, events, starting: startEngine(options, new AbortController().signal) };
}

describe.skipIf(process.platform === 'win32')('a download that the user leaves', () => {
  const downloading: DaemonAnswers = {
    ...ANSWERS,
    '/containers/json': [],
    [DEFAULT_IMAGE]: new Reply(404, { message: 'No such image' }),
    '/images/json': [],
    // Never answered: '/images/create'.
  };

  it.each([
    ['gives way to the next engine', {}, 'embedded'],
    ['ends with 5 if a GPU was requested', { gpus: 'all' }, undefined],
  ] as const)('%s', async (_name, flags, kind) => {
    const { seen, skip, events, starting } = await start(downloading, { engine: 'docker', ...flags });
    events.subscribe(({ type }) => {
      if (type === 'engine.pull.progress') skip.abort();
    });
    if (kind === undefined) {
      const error = toTritonLocalError(
        await starting.then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      );
      expect(exitCodeOf(error)).toBe(5);
      return;
    }
    const { engine } = await starting;
    await using running = engine;
    expect(running.kind).toBe(kind);
    const selected = seen.filter((event) => event.type === 'engine.selected').at(-1);
    expect(selected).toMatchObject({
      reason: expect.stringMatching(/docker: the image nvcr\.io.* is not on this machine/),
    });
  });
});

describe.skipIf(process.platform === 'win32')('a machine with', () => {
  describe.each(Object.entries(MACHINES))('%s', (_name, [answers, reason, code, remedy]) => {
    it('serves with the next engine in auto, and says why', async () => {
      const began = performance.now();
      const { seen, starting } = await start(answers, {});
      const { engine } = await starting;
      await using running = engine;
      expect(running.kind).toBe('embedded');
      expect(performance.now() - began).toBeLessThan(5_000);
      const selected = seen.filter((event) => event.type === 'engine.selected').at(-1);
      expect(selected).toMatchObject({ kind: 'embedded', gpu: null, reason: expect.stringMatching(reason) });
      expect(seen.some(({ type }) => type === 'engine.pull.progress')).toBe(false);
    });

    it('ends with 5 and the remedy if docker with a GPU was requested', async () => {
      const { starting } = await start(answers, { engine: 'docker', gpus: 'all' });
      const error = toTritonLocalError(
        await starting.then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      );
      expect(error).toMatchObject({ code, hint: expect.stringMatching(remedy) });
      expect(exitCodeOf(error)).toBe(5);
    });

    it('ends with 5 if a GPU was requested from any engine', async () => {
      const { starting } = await start(answers, { gpus: 'all' });
      const error = toTritonLocalError(
        await starting.then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      );
      expect(error.hint).toMatch(/.+/);
      expect(exitCodeOf(error)).toBe(5);
    });
  });
});
