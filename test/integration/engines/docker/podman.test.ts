import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchContainer, removeContainer } from '../../../../src/engines/docker/container/launch.ts';
import { DockerEngine, describeDocker } from '../../../../src/engines/index.ts';
import { EventLog, environment, hasDocker, testImage, writeModel } from '../../../helpers/docker.ts';
import { hasPodman, PodmanService } from '../../../helpers/podman.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

const CDI = '/var/run/cdi';
const SPECIFICATION = `${CDI}/triton-local-test.json`;
/** A GPU of this name that only sets a variable. */
const FAKE_GPU = {
  cdiVersion: '0.5.0',
  kind: 'nvidia.com/gpu',
  devices: ['all', '0'].map((name) => ({ name, containerEdits: { env: [`FAKE_GPU=${name}`] } })),
};

// The image comes from the daemon beside it: no registry is needed.
describe.skipIf(!hasPodman || !hasDocker)('a real Podman', { timeout: 180_000 }, () => {
  let podman: PodmanService;
  let image: string;
  let folder: TempFolder;

  beforeAll(async () => {
    folder = await TempFolder.create();
    await writeModel(folder.path('models'), 'identity');
    podman = await PodmanService.start();
    image = await podman.load(await testImage());
  }, 400_000);
  afterAll(async () => {
    const left = await podman?.run('ps', '--all', '--quiet');
    await podman?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
    expect(left).toBe('');
  });

  const dockerHost = () => `unix://${podman.socket}`;

  it('serves and reloads a model', async () => {
    const events = new EventLog();
    const own = { repository: folder.path('models'), image, project: 'podman', gpus: 'none' } as const;
    const engine = new DockerEngine({
      ...own,
      missingImage: 'fail',
      dockerHost: dockerHost(),
      environment,
      events,
    });
    await using running = await engine.start(new AbortController().signal);
    expect(running).toMatchObject({ kind: 'docker', version: '2.51.0', gpu: null });
    await writeModel(folder.path('models'), 'second');
    await running.load('second');
    expect(running.models()).toMatchObject([
      { name: 'identity', state: 'READY' },
      { name: 'second', state: 'READY' },
    ]);
    await expect.poll(() => events.lines()).toContain("successfully loaded 'second'");
  });

  it('gives a container the GPUs requested by CDI, which its Docker API would drop', async () => {
    const real = (await readdir(CDI).catch(() => [])).filter((name) => /nvidia/.test(name));
    if (real.length > 0) return;
    await mkdir(CDI, { recursive: true });
    await writeFile(SPECIFICATION, JSON.stringify(FAKE_GPU));
    try {
      const { endpoint, gpu, server } = await describeDocker({
        environment,
        dockerHost: dockerHost(),
        image,
      });
      if (!endpoint) throw new Error('podman does not answer');
      expect({ gpu, product: server?.product }).toEqual({ gpu: 'cdi', product: 'Podman Engine' });
      for (const [gpus, told] of [
        ['all', 'all'],
        [['0'], '0'],
        ['none', undefined],
      ] as const) {
        const repository = folder.path('models');
        const rest = { shmBytes: 1 << 28, user: undefined, serverArguments: undefined };
        const options = { image, project: 'podman', repository, gpus, ...rest };
        const { container, mounted } = await launchContainer(endpoint, options, () => undefined);
        try {
          expect(mounted).toBe(true);
          const { Config, HostConfig } = await container.inspect();
          expect(Config.Env.find((it) => it.startsWith('FAKE_GPU='))).toBe(told && `FAKE_GPU=${told}`);
          expect(HostConfig.ShmSize).toBe(1 << 28);
          expect(HostConfig.PortBindings['8000/tcp']).toMatchObject([{ HostIp: '127.0.0.1' }]);
        } finally {
          await removeContainer(container);
        }
      }
    } finally {
      await rm(SPECIFICATION, { force: true });
    }
  });

  it('without a CDI specification, fails with what is missing', async () => {
    if ((await readdir(CDI).catch(() => [])).some((name) => /nvidia/.test(name))) return;
    const own = { repository: folder.path('models'), image, project: 'podman', gpus: 'all' } as const;
    const rest = { dockerHost: dockerHost(), environment, events: new EventLog() };
    const engine = new DockerEngine({ ...own, missingImage: 'fail', ...rest });
    await expect(engine.start(new AbortController().signal)).rejects.toMatchObject({
      code: 'DOCKER_GPU_UNAVAILABLE',
      message: expect.stringContaining('nvidia.com/gpu=all'),
      hint: expect.stringContaining('nvidia-ctk cdi generate'),
    });
  });
});
