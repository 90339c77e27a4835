import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { findPortHolder, listen, listenError } from '../../../src/base/index.ts';

const open: Server[] = [];

function server(): Server {
  const created = createServer();
  open.push(created);
  return created;
}

afterEach(async () => {
  for (const it of open.splice(0)) await new Promise((resolve) => it.close(resolve));
});

describe('listen', () => {
  it('resolves with the real port', async () => {
    const port = await listen(server(), '127.0.0.1', 0, 'scoring');
    expect(port).toBeGreaterThan(0);
  });

  it('names a taken port, its purpose and the process that has it', async () => {
    const port = await listen(server(), '127.0.0.1', 0, 'scoring');
    const second = server();
    const failure = await listen(second, '127.0.0.1', port, 'the scoring service').catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 'PORT_TAKEN', kind: 'system', cause: { code: 'EADDRINUSE' } });
    const { message } = failure as Error;
    expect(message).toContain(`port ${port} (the scoring service) is already in use`);
    if (process.platform === 'linux') expect(message).toContain(`(process ${process.pid})`);
    expect(second.listenerCount('error')).toBe(0);
    expect(second.listenerCount('listening')).toBe(0);
    // The same server may try elsewhere.
    expect(await listen(second, '127.0.0.1', 0, 'the scoring service')).not.toBe(port);
  });

  it('says why an address cannot be had', async () => {
    await expect(listen(server(), '203.0.113.7', 0, 'scoring')).rejects.toMatchObject({
      code: 'PORT_REFUSED',
      message: expect.stringContaining('no network interface here has the address 203.0.113.7') as string,
      hint: expect.stringContaining('127.0.0.1') as string,
    });
    await expect(listen(server(), '127.0.0.1', 70_000, 'scoring')).rejects.toMatchObject({
      code: 'PORT_REFUSED',
      hint: 'ports end at 65535',
    });
  });

  it('explains missing rights', async () => {
    const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
    const error = await listenError(denied, '0.0.0.0', 80, 'scoring');
    expect(error.message).toBe('cannot listen on 0.0.0.0:80 (scoring): permission denied');
  });
});

describe('findPortHolder', () => {
  it.runIf(process.platform === 'linux')('finds this process behind its own port', async () => {
    const port = await listen(server(), '127.0.0.1', 0, 'test');
    expect((await findPortHolder(port))?.pid).toBe(process.pid);
  });

  it('finds nobody behind a free port', async () => {
    const free = server();
    const port = await listen(free, '127.0.0.1', 0, 'test');
    await new Promise((resolve) => free.close(resolve));
    expect(await findPortHolder(port)).toBeUndefined();
  });
});
