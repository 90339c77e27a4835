import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { describeDocker } from '../../../../src/engines/docker/describe.ts';

let server: net.Server | undefined;
const sockets = new Set<net.Socket>();
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server?.close(resolve));
});

async function describeAt(listening: net.Server) {
  server = listening;
  listening.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const { port } = listening.address() as net.AddressInfo;
  const began = performance.now();
  const description = await describeDocker({
    environment: {},
    dockerHost: `tcp://127.0.0.1:${port}`,
    limitMs: 600,
  });
  return { description, tookMs: performance.now() - began };
}

/** A daemon with these answers by path; it leaves out what it has no answer for. */
function daemon(answers: Readonly<Record<string, unknown>>): http.Server {
  return http.createServer((request, response) => {
    const answer = answers[request.url?.split('?')[0] ?? ''];
    if (answer === undefined) return;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer));
  });
}

const version = {
  Version: '29.0.1',
  ApiVersion: '1.52',
  Os: 'linux',
  Arch: 'arm64',
  Components: [{ Name: 'Engine' }],
};
const image = '/images/nvcr.io/nvidia/tritonserver:24.10-py3/json';

describe('describeDocker', () => {
  it('ends in time at a socket that accepts and never answers', async () => {
    const { description, tookMs } = await describeAt(net.createServer());
    expect(tookMs).toBeLessThan(1_500);
    expect(description).toMatchObject({ endpoint: undefined, problem: 'no Docker daemon answers' });
  });

  it('ends in time at a daemon that answers a ping and nothing else', async () => {
    const { description, tookMs } = await describeAt(daemon({ '/_ping': 'OK' }));
    expect(tookMs).toBeLessThan(1_500);
    expect(description.problem).toBe('the Docker daemon answers a ping, but nothing else');
  });

  it('sees image, version and GPUs by CDI', async () => {
    const info = {
      OSType: 'linux',
      Runtimes: { runc: {} },
      DiscoveredDevices: [{ ID: 'nvidia.com/gpu=all' }],
    };
    const { description } = await describeAt(
      daemon({ '/_ping': 'OK', '/version': version, '/info': info, [image]: { Size: 7 } }),
    );
    expect(description).toMatchObject({
      problem: undefined,
      server: { version: '29.0.1', apiVersion: '1.52', platform: 'linux/arm64', product: 'Docker Engine' },
      image: { present: true, bytes: 7 },
      gpu: 'cdi',
    });
  });

  it('refuses a daemon that runs Windows containers', async () => {
    const { description } = await describeAt(
      daemon({ '/_ping': 'OK', '/version': version, '/info': { OSType: 'windows' }, [image]: { Size: 7 } }),
    );
    expect(description).toMatchObject({ remedy: 'switch Docker Desktop to Linux containers' });
  });
});
