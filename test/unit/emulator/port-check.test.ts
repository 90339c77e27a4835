import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../../src/base/index.ts';
import type { EngineChoice, ProjectConfig } from '../../../src/config/index.ts';
import { checkPorts } from '../../../src/emulator/port-check.ts';
import type { InstanceRecord } from '../../../src/workspace/index.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function takenPort(): Promise<number> {
  const server = createServer();
  servers.push(server);
  return listen(server, '127.0.0.1', 0, 'a test');
}

type Ports = Partial<Record<'port' | 'httpPort' | 'grpcPort' | 'metricsPort', number>>;

function config(ports: Ports, choice: EngineChoice = 'auto', origins: ProjectConfig['origins'] = {}) {
  const listen = { host: '127.0.0.1', port: 0, httpPort: 0, grpcPort: 0, metricsPort: 0, ...ports };
  return { listen, engine: { choice }, origins } as unknown as ProjectConfig;
}
const nothing = async () => [];

describe('the ports of a start', () => {
  it('are left alone where any will do, and free again after the look', async () => {
    await checkPorts(config({}), nothing);
    const port = await takenPort();
    await new Promise((resolve) => servers.pop()?.close(resolve));
    await checkPorts(config({ port }), nothing);
    await checkPorts(config({ port }), nothing);
  });

  it.each(['port', 'httpPort'] as const)('that are taken are named, with a free one: %s', async (name) => {
    const port = await takenPort();
    await expect(checkPorts(config({ [name]: port }), nothing)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining(`port ${port} `),
      hint: expect.stringMatching(/^end that process, or use --(?:http-)?port \d+, which is free$/),
    });
  });

  it('that another emulator of ours has are offered with it', async () => {
    const port = await takenPort();
    const scoringUri = `http://localhost:${port}/score`;
    const ours = async () => [{ projectDir: '/p', scoringUri, httpUrl: '' } as InstanceRecord];
    await expect(checkPorts(config({ port }), ours)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      hint: expect.stringMatching(/attach \/p.*down \/p.*--port \d+/),
    });
  });

  it.each(['embedded', 'native', 'auto'] as const)(
    'for gRPC count only if the user chose them: %s',
    async (choice) => {
      const grpcPort = await takenPort();
      const asked = { grpcPort: 'flag' } as const;
      await checkPorts(config({ grpcPort }, choice), nothing);
      await expect(checkPorts(config({ grpcPort }, choice, asked), nothing)).rejects.toMatchObject({
        code: 'PORT_TAKEN',
      });
    },
  );

  it('must differ', async () => {
    await expect(checkPorts(config({ port: 7000, httpPort: 7000 }), nothing)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: '--port and --http-port are both 7000',
    });
  });
});
