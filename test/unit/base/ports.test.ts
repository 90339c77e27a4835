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

  it('explains them on Windows by the ranges that it reserves', async () => {
    const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
    const windows = { platform: 'win32', run: () => Promise.reject(new Error('unused')) } as const;
    const error = await listenError(denied, '127.0.0.1', 50_100, 'scoring', windows);
    expect(error).toMatchObject({ hint: expect.stringContaining('excludedportrange') as string });
  });
});

describe('findPortHolder', () => {
  it.runIf(process.platform === 'linux')('finds this process behind its own port', async () => {
    const port = await listen(server(), '127.0.0.1', 0, 'test');
    expect((await findPortHolder(port))?.pid).toBe(process.pid);
  });

  it('finds no process behind a free port', async () => {
    const free = server();
    const port = await listen(free, '127.0.0.1', 0, 'test');
    await new Promise((resolve) => free.close(resolve));
    expect(await findPortHolder(port)).toBeUndefined();
  });

  it('asks netstat and tasklist on Windows, whatever language they speak', async () => {
    const netstat = [
      '  TCP    127.0.0.1:56789        127.0.0.1:6789         HERGESTELLT     11',
      '  TCP    127.0.0.1:6789         0.0.0.0:0              ABHÖREN         4711',
      '  TCP    [::1]:8000             [::]:0                 ABHÖREN         4712',
    ].join('\r\n');
    const asked: string[] = [];
    const windows = {
      platform: 'win32',
      run: async (command: string, args: readonly string[]) => {
        asked.push([command, ...args].join(' '));
        return command === 'netstat' ? netstat : '\r\n"node.exe","4711","Console","1","50.000 K"\r\n';
      },
    } as const;
    expect(await findPortHolder(6789, windows)).toEqual({ pid: 4711, command: 'node.exe' });
    expect(asked).toEqual(['netstat -ano', 'tasklist /FI PID eq 4711 /FO CSV /NH']);
    expect((await findPortHolder(8000, windows))?.pid).toBe(4712);
    expect(await findPortHolder(789, windows)).toBeUndefined();
  });

  it('asks lsof on macOS, and names no process if that fails', async () => {
    const mac = { platform: 'darwin', run: async () => 'p4711\ncPython\n' } as const;
    expect(await findPortHolder(6789, mac)).toEqual({ pid: 4711, command: 'Python' });
    const without = { platform: 'darwin', run: () => Promise.reject(new Error('ENOENT')) } as const;
    expect(await findPortHolder(6789, without)).toBeUndefined();
  });
});
