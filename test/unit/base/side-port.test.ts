import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, openSidePort, type SideListener } from '../../../src/base/index.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

function listener(): SideListener {
  const server = createServer();
  return {
    async listen(host, port, purpose) {
      const real = await listen(server, host, port, purpose);
      servers.push(server);
      return real;
    },
  };
}

const service = { title: 'Triton metrics', flag: '--metrics-port' };

describe('a port beside the main one', () => {
  it('gets an address that this machine can reach', async () => {
    const address = await openSidePort(
      listener(),
      service,
      '0.0.0.0',
      { port: 0, isChosen: false },
      () => undefined,
    );
    expect(address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('is left out with a warning if it is taken, unless the user chose it', async () => {
    const warnings: string[] = [];
    const open = (port: number, isChosen: boolean) =>
      openSidePort(listener(), service, '127.0.0.1', { port, isChosen }, (text) => warnings.push(text));
    const port = Number((await open(0, false))?.split(':')[1]);
    expect(await open(port, false)).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Triton metrics is not offered: port \d+ \(Triton metrics\) is already in use.*; choose another port with --metrics-port$/,
      ),
    ]);
    await expect(open(port, true)).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  });

  it('fails the start for what is no refusal of a port', async () => {
    const broken: SideListener = { listen: () => Promise.reject(new Error('broken')) };
    const opening = openSidePort(broken, service, '127.0.0.1', { port: 0, isChosen: false }, () => undefined);
    await expect(opening).rejects.toThrow('broken');
  });
});
