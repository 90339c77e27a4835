import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeDocker } from '../../../../src/engines/docker/daemon/describe.ts';
import { ANSWERS, type DaemonAnswers, FakeDaemons } from '../../../helpers/fake-docker.ts';

let daemons: FakeDaemons;
beforeEach(() => {
  daemons = new FakeDaemons();
});
afterEach(() => daemons[Symbol.asyncDispose]());

async function describeAt(port: string | number) {
  const began = performance.now();
  const dockerHost = `tcp://127.0.0.1:${port}`;
  const description = await describeDocker({ environment: {}, dockerHost, limitMs: 600 });
  return { description, tookMs: performance.now() - began };
}
const describeAnswering = async (answers: DaemonAnswers) => describeAt(await daemons.listen(0, answers));

describe('describeDocker', () => {
  it('ends in time at a socket that accepts and never answers', async () => {
    const { description, tookMs } = await describeAt(await daemons.listenSilently(0));
    expect(tookMs).toBeLessThan(1_500);
    expect(description).toMatchObject({ endpoint: undefined, problem: 'no Docker daemon answers' });
  });

  it('ends in time at a daemon that answers a ping and nothing else', async () => {
    const { description, tookMs } = await describeAnswering({ '/_ping': 'OK' });
    expect(tookMs).toBeLessThan(1_500);
    expect(description.problem).toBe('the Docker daemon answers pings, but nothing else');
  });

  it('sees image, version and GPUs by CDI', async () => {
    const DiscoveredDevices = [{ ID: 'nvidia.com/gpu=all' }];
    const { description } = await describeAnswering({
      ...ANSWERS,
      '/info': { OSType: 'linux', Runtimes: { runc: {} }, DiscoveredDevices },
    });
    expect(description).toMatchObject({
      problem: undefined,
      server: { version: '29.0.1', apiVersion: '1.52', platform: 'linux/amd64', product: 'Docker Engine' },
      image: { present: true, bytes: 7 },
      gpu: 'cdi',
    });
  });

  it('refuses a daemon that runs Windows containers', async () => {
    const { description } = await describeAnswering({ ...ANSWERS, '/info': { OSType: 'windows' } });
    expect(description).toMatchObject({ remedy: 'switch Docker Desktop to Linux containers' });
  });
});
