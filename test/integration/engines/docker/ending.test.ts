import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerEngine } from '../../../../src/engines/index.ts';
import {
  daemonSocket,
  docker,
  EventLog,
  environment,
  hasDocker,
  ownContainers,
  testImage,
  writeModel,
} from '../../../helpers/docker.ts';
import { EmulatorProcess } from '../../../helpers/emulator-process.ts';
import { hasSshServer, SshServer } from '../../../helpers/ssh-server.ts';
import { TempFolder } from '../../../helpers/temp-project.ts';

/** `TRITON_LOCAL_TEST_KILLS=50` for the long run. */
const KILLS = Number(process.env.TRITON_LOCAL_TEST_KILLS ?? 6);

let image: string;
let folder: TempFolder;

describe.skipIf(!hasDocker)('the docker engine, ended or reached the hard way', { timeout: 600_000 }, () => {
  beforeAll(async () => {
    image = await testImage();
    folder = await TempFolder.create();
    await writeModel(folder.path('models'), 'identity');
  }, 400_000);
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  it(`after ${KILLS} kills of the command at random moments, the next start cleans up after them`, async () => {
    const projectDir = folder.path('models');
    const args = ['--engine', 'docker', '--image', image, '--no-watch'];
    const environment = { DOCKER_HOST: `unix://${await daemonSocket()}` };
    const start = () => EmulatorProcess.start({ projectDir, args, environment, home: folder.path('home') });
    const foreign = await docker('create', '--label=com.example=1', image, 'sleep', '1000');
    let orphans = 0;
    try {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const killed = await start();
        await Promise.race([killed.ready().catch(() => undefined), sleep(100 + Math.random() * 3_000)]);
        process.kill(killed.pid, 'SIGKILL');
        await killed.exited;
        // A request that was on its way is carried out all the same.
        await sleep(300);
        orphans += (await ownContainers(projectDir)).length;
        await killed[Symbol.asyncDispose]();
      }
      await using last = await start();
      await last.ready();
      expect(await ownContainers(projectDir)).toHaveLength(1);
      expect(await last.stop()).toMatchObject({ leftovers: [] });
      expect(await ownContainers(projectDir)).toEqual([]);
      expect(await docker('ps', '-aq', '--no-trunc', '--filter', 'label=com.example=1')).toContain(foreign);
    } finally {
      await docker('rm', '-f', foreign);
    }
    // Otherwise nothing was shown.
    expect(orphans).toBeGreaterThan(0);
  });

  it.skipIf(!hasSshServer)(
    'serves from a daemon over OpenSSH, through the tunnel of the ports, with a copied repository',
    async () => {
      await using ssh = await SshServer.start();
      const engine = new DockerEngine({
        repository: folder.path('models'),
        image,
        gpus: 'none',
        missingImage: 'fail',
        dockerHost: ssh.dockerHost,
        environment: { ...environment, PATH: `${ssh.binaries}:${environment.PATH}` },
        project: 'ssh',
        events: new EventLog(),
      });
      const running = await engine.start(new AbortController().signal);
      try {
        const [bound] = (await docker('port', running.containerId, '8000/tcp')).split('\n');
        expect(bound).toMatch(/^127\.0\.0\.1:/);
        expect(running.endpoints.http).not.toContain(bound);
        const ready = await fetch(`${running.endpoints.http}/v2/health/ready`, {
          signal: AbortSignal.timeout(5_000),
        });
        expect(ready.status).toBe(200);
        await writeModel(folder.path('models'), 'second');
        await running.load('second');
        expect(running.models().map(({ name }) => name)).toEqual(['identity', 'second']);
      } finally {
        await running[Symbol.asyncDispose]();
      }
      await expect(fetch(running.endpoints.http, { signal: AbortSignal.timeout(5_000) })).rejects.toThrow();
    },
  );
});
